// Keeps one socket to the station: connects again by itself, goes on from the last event seen, knows when it is stale.
import { read, isControl, type Control, type Event } from "./protocol";

/** Milliseconds without a word after which what is shown is stale. The station speaks every second. */
export const STALE_AFTER = 3000;

/** The little of a reconnecting socket that is used. */
export interface Wire {
  send: (text: string) => void;
  isOpen: () => boolean;
  /** Close it and connect anew. */
  reconnect: () => void;
  close: () => void;
}

export interface WireHandlers {
  onMessage: (text: unknown) => void;
  onClose: () => void;
}

export interface LiveHandlers {
  /** How things stand must be read anew over REST: nothing was seen before, or too much was missed. */
  onLoad: () => void;
  onEvent: (event: Event) => void;
  /** The station said something. */
  onHeard?: () => void;
  /** Whether what is shown is how things stand now. */
  onFresh: (fresh: boolean) => void;
}

export interface Timer {
  now: () => number;
  every: (milliseconds: number, call: () => void) => () => void;
}

/** The conversation with the station over a wire that may break at any time. */
export class Live {
  private epoch: string | null = null;
  private lastId = 0;
  private lastTime: string | null = null;
  private heardAt: number;
  private fresh = false;
  private readonly wire: Wire;
  private readonly unwatch: () => void;

  constructor(
    open: (handlers: WireHandlers) => Wire,
    private readonly handlers: LiveHandlers,
    private readonly timer: Timer = BROWSER,
  ) {
    this.heardAt = timer.now();
    this.wire = open({ onMessage: (text) => this.hear(text), onClose: () => this.tell(false) });
    this.unwatch = timer.every(500, () => this.watch());
  }

  close(): void {
    this.unwatch();
    this.wire.close();
  }

  private hear(text: unknown): void {
    this.heardAt = this.timer.now();
    this.handlers.onHeard?.();
    const message = read(text);
    if (message === null) return;
    if (isControl(message)) this.obey(message);
    else this.take(message);
  }

  private obey(message: Control): void {
    switch (message.type) {
      case "hello":
        this.greet(message.epoch);
        break;
      case "subscribed":
        this.lastId = Math.max(this.lastId, message.id);
        this.tell(true);
        break;
      case "snapshot":
        this.epoch = message.epoch;
        this.startOver(message.id);
        break;
      case "ping":
        this.tell(true);
        break;
      case "coalesced":
        // What was left out had later events of its kind; the steps' values may lack some, which REST has.
        this.handlers.onLoad();
        break;
    }
  }

  private greet(epoch: string): void {
    if (this.epoch === epoch) {
      this.say({ type: "subscribe", last_id: this.lastId, last_time: this.lastTime, epoch });
      return;
    }
    this.epoch = epoch;
    this.say({ type: "subscribe" });
    this.startOver(0);
  }

  private startOver(id: number): void {
    this.lastId = id;
    this.lastTime = null;
    this.handlers.onLoad();
  }

  private take(event: Event): void {
    if (event.id <= this.lastId) return;
    this.lastId = event.id;
    this.lastTime = event.time;
    this.handlers.onEvent(event);
  }

  private watch(): void {
    if (this.timer.now() - this.heardAt <= STALE_AFTER) return;
    this.tell(false);
    // A network that is gone without a word leaves a socket that looks open. One that is closed is tried again anyway.
    if (!this.wire.isOpen()) return;
    this.heardAt = this.timer.now();
    this.wire.reconnect();
  }

  private tell(fresh: boolean): void {
    if (fresh === this.fresh) return;
    this.fresh = fresh;
    this.handlers.onFresh(fresh);
  }

  private say(message: object): void {
    this.wire.send(JSON.stringify(message));
  }
}

const BROWSER: Timer = {
  now: () => performance.now(),
  every: (milliseconds, call) => {
    const timer = setInterval(call, milliseconds);
    return () => clearInterval(timer);
  },
};
