// The screen misses nothing, shows nothing twice, and says when what it shows is old.
import { beforeEach, describe, expect, it } from "vitest";
import type { Event } from "../../src/live/protocol";
import { Live, STALE_AFTER, type WireHandlers } from "../../src/live/socket";

/** A station's end of the socket, and a clock of the test's own. */
class Station {
  now = 0;
  sent: unknown[] = [];
  open = true;
  reconnects = 0;
  loads = 0;
  events: number[] = [];
  fresh: boolean[] = [];
  private handlers: WireHandlers | null = null;
  private ticks: (() => void)[] = [];
  readonly live = new Live(
    (handlers) => {
      this.handlers = handlers;
      return {
        send: (text) => this.sent.push(JSON.parse(text)),
        isOpen: () => this.open,
        reconnect: () => (this.reconnects += 1),
        close: () => undefined,
      };
    },
    {
      onLoad: () => (this.loads += 1),
      onEvent: (event: Event) => this.events.push(event.id),
      onFresh: (fresh) => this.fresh.push(fresh),
    },
    {
      now: () => this.now,
      every: (_, call) => {
        this.ticks.push(call);
        return () => undefined;
      },
    },
  );

  say(message: object): void {
    this.handlers?.onMessage(JSON.stringify(message));
  }

  event(id: number): void {
    this.say({ type: "log", id, time: `t${id}`, batch_id: "b", execution_id: null, data: {} });
  }

  greet(epoch = "e1", last_id = 10): void {
    this.say({ type: "hello", epoch, id: last_id, last_id });
  }

  hang_up(): void {
    this.open = false;
    this.handlers?.onClose();
  }

  pass(milliseconds: number): void {
    this.now += milliseconds;
    for (const tick of this.ticks) tick();
  }
}

let station: Station;

beforeEach(() => {
  station = new Station();
  station.greet();
  station.say({ type: "subscribed", id: 10 });
});

describe("the first connection", () => {
  it("asks for everything and reads how things stand", () => {
    expect(station.sent).toEqual([{ type: "subscribe" }]);
    expect(station.loads).toBe(1);
    expect(station.fresh).toEqual([true]);
  });

  it("takes each event once and in order", () => {
    for (const id of [11, 12, 12, 11, 13]) station.event(id);

    expect(station.events).toEqual([11, 12, 13]);
  });
});

describe("a connection that comes back", () => {
  it("goes on after the last event", () => {
    station.event(11);
    station.hang_up();

    station.greet("e1", 20);
    station.say({ type: "subscribed", id: 11 });
    for (let id = 12; id <= 20; id += 1) station.event(id);

    expect(station.sent.at(-1)).toEqual({ type: "subscribe", last_id: 11, last_time: "t11", epoch: "e1" });
    expect(station.events).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect(station.loads).toBe(1);
    expect(station.fresh).toEqual([true, false, true]);
  });

  it("reads anew what it has missed for good", () => {
    station.hang_up();
    station.greet("e1", 9000);
    station.say({ type: "snapshot", id: 9000, epoch: "e1", reason: "too_far" });
    station.event(8999);
    station.event(9001);

    expect(station.loads).toBe(2);
    expect(station.events).toEqual([9001]);
  });

  it("begins again with another database", () => {
    station.event(11);
    station.hang_up();

    station.greet("e2", 3);
    station.say({ type: "subscribed", id: 3 });
    station.event(4);

    expect(station.sent.at(-1)).toEqual({ type: "subscribe" });
    expect(station.loads).toBe(2);
    expect(station.events).toEqual([11, 4]);
  });
});

describe("silence", () => {
  it("makes what is shown stale within three seconds and a half", () => {
    station.pass(STALE_AFTER - 1);
    expect(station.fresh).toEqual([true]);

    station.pass(501);

    expect(station.fresh).toEqual([true, false]);
    expect(station.reconnects).toBe(1);
  });

  it("is none where the station says every second that it is there", () => {
    for (let second = 0; second < 60; second += 1) {
      station.pass(1000);
      station.say({ type: "ping", id: 10 });
    }

    expect(station.fresh).toEqual([true]);
  });

  it("leaves a socket alone that is being opened again", () => {
    station.hang_up();

    station.pass(60_000);

    expect(station.reconnects).toBe(0);
  });
});

it("reads anew where the station says that it left something out", () => {
  station.say({ type: "coalesced", until: 30, left_out: 12 });

  expect(station.loads).toBe(2);
});

it("does not stumble over what it does not understand", () => {
  station.say({ type: "error", code: "X", error: "no id: a refusal" });
  station.say({ type: "of_the_future", id: 12, time: "t", batch_id: "b", execution_id: null, data: {} });
  station.event(13);

  expect(station.events).toEqual([12, 13]);
});
