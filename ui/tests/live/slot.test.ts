// A slot follows its run's events, from the scan to the verdict.
import { describe, expect, it } from "vitest";
import type { Event } from "../../src/live/protocol";
import { advance, type Slot } from "../../src/live/slot";
import { appearanceOf, canStop, gridOf, isFree } from "../../src/op/look";

const IDLE: Slot = { id: "b", name: "B", processState: "running", alert: "", quarantine: "", quarantined: null, holder: "", run: null, verdict: null };

let id = 0;
function event(type: string, data: object, run: string | null = "r1"): Event {
  id += 1;
  return { type, id, time: "2026-01-01T00:00:00Z", batch_id: "b", execution_id: run, data } as Event;
}

function after(...events: Event[]): Slot {
  return events.reduce(advance, IDLE);
}

const ACCEPTED = event("run_accepted", { sequence: "pcb", version: "1", wip: "WIP-1", steps: 3 });
const BEGUN = event("step_start", { step: "rails", index: 1, attempt: 1 });
const BAD = { name: "rail", value: 4, unit: "V", limit: { kind: "range", low: 4.9, high: 5.1 }, outcome: "FAILED" };
const ENDED = event("step_complete", { step: "rails", index: 1, attempt: 1, outcome: "FAILED", measurements: [BAD] });

function over(outcome: string, run = "r1"): Event {
  return event("sequence_complete", { result: { outcome, reason: null, hardware_safe: true } }, run);
}

describe("a run", () => {
  it("is shown from its acceptance", () => {
    const slot = after(ACCEPTED, BEGUN);

    expect(slot.run?.wip).toBe("WIP-1");
    expect(slot.run?.steps).toMatchObject([{ name: "rails", running: true }]);
    expect(appearanceOf(slot, false)).toEqual({ look: "running", word: "accepted" });
    expect([isFree(slot), canStop(slot)]).toEqual([false, true]);
  });

  it("ends with its verdict, and with the value that is to blame", () => {
    const slot = after(ACCEPTED, BEGUN, ENDED, over("FAILED"));

    expect(slot.run).toBeNull();
    expect(slot.verdict).toMatchObject({ outcome: "FAILED", wip: "WIP-1", value: { name: "rail", value: 4 } });
    expect(appearanceOf(slot, false)).toEqual({ look: "FAILED", word: null });
    expect(isFree(slot)).toBe(true);
  });

  it("takes the verdict of the one before away", () => {
    const slot = advance(after(ACCEPTED, over("PASSED")), event("run_accepted", { sequence: "pcb", version: "1", steps: 3 }, "r2"));

    expect(slot.verdict).toBeNull();
    expect(slot.run?.id).toBe("r2");
  });

  it("is not touched by what belongs to another", () => {
    const slot = after(ACCEPTED, over("PASSED", "r0"));

    expect(slot.run?.id).toBe("r1");
    expect(slot.verdict).toBeNull();
  });

  it("is the same where its events come twice", () => {
    const events = [ACCEPTED, BEGUN, ENDED];

    expect(after(...events, ...events)).toEqual(after(...events));
  });

  it("is not changed by log lines and by what a newer station tells", () => {
    const slot = after(ACCEPTED, BEGUN);

    expect(advance(slot, event("log", { level: "INFO", message: "x" }))).toEqual(slot);
    expect(advance(slot, event("of_the_future", {}))).toEqual(slot);
  });

  it("needs somebody while it asks, until it is answered", () => {
    const asked = after(ACCEPTED, event("prompt", { prompt: "p1", step: "rails", asked: { fields: [] }, until: null }));

    expect(appearanceOf(asked, false).look).toBe("attention");
    expect(advance(asked, event("prompt_answered", { prompt: "p1" })).run?.prompts).toEqual([]);
  });

  it("needs somebody who chooses after it was cut off", () => {
    const slot = after(ACCEPTED, event("batch_status", { state: "interrupted", waiting_for: "power", choices: ["resume"] }));

    expect(appearanceOf(slot, false)).toEqual({ look: "attention", word: "interrupted" });
    expect(slot.run?.choices).toEqual(["resume"]);
    expect(advance(slot, event("batch_status", { state: "running", waiting_for: "" })).run?.choices).toEqual([]);
  });
});

describe("a slot", () => {
  it("in quarantine takes no run and shows why it ended", () => {
    const slot = advance(after(ACCEPTED, over("ERROR")), event("batch_status", { quarantine: "not safe" }, null));

    expect(isFree(slot)).toBe(false);
    expect(appearanceOf(slot, false).look).toBe("ERROR");
    expect(appearanceOf({ ...slot, verdict: null }, false).look).toBe("quarantine");
  });

  it("whose process is away is offline", () => {
    const slot = after(event("batch_status", { process_state: "stopped" }, null));

    expect(appearanceOf(slot, false).look).toBe("offline");
    expect(isFree(slot)).toBe(false);
  });
});

it.each([
  [1, 1, 1],
  [2, 2, 1],
  [4, 2, 2],
  [5, 3, 2],
  [9, 3, 3],
  [16, 4, 4],
])("%i slots are shown at once", (count, columns, rows) => {
  expect(gridOf(count)).toEqual({ columns, rows });
});
