// The real socket: connects again by itself, a little later each time, and never keeps what could not be sent.
import ReconnectingWebSocket from "partysocket/ws";
import type { Wire, WireHandlers } from "./socket";

const FIRST_PAUSE = 250;
const GROWTH = 1.7;
const LONGEST_PAUSE = 5000;

/** Open a socket to the station the page came from. */
export function openWire(handlers: WireHandlers): Wire {
  const address = new URL("/ws", window.location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const socket = new ReconnectingWebSocket(address.href, [], {
    // Each screen has pauses of its own, so that they do not all come back in the same moment.
    minReconnectionDelay: FIRST_PAUSE * spread(),
    maxReconnectionDelay: LONGEST_PAUSE * spread(),
    reconnectionDelayGrowFactor: GROWTH,
    connectionTimeout: 4000,
    // A command that arrives when the network is back is one that nobody expects any more.
    maxEnqueuedMessages: 0,
  });
  socket.addEventListener("message", (event) => handlers.onMessage(event.data));
  socket.addEventListener("close", () => handlers.onClose());
  return {
    send: (text) => socket.send(text),
    isOpen: () => socket.readyState === ReconnectingWebSocket.OPEN,
    reconnect: () => socket.reconnect(),
    close: () => socket.close(),
  };
}

function spread(): number {
  return 0.5 + Math.random() / 2;
}
