// Which slots come first, and what the line on top counts.
import { describe, expect, it } from "vitest";
import { beginOfDay, countsOf, inOrder, isDown, stepOf, usedBy, waitsFor, type BatchStatus } from "../../../src/eng/overview/standing";
import type { LiveRun, Slot } from "../../../src/live/slot";

const RUN: LiveRun = {
  id: "r", wip: null, sequence: "s", state: "running", waitingFor: "", waiting: null, choices: [], prompts: [], steps: [], count: 3,
  value: null, failure: null, progress: null,
};

function slot(id: string, changed: Partial<Slot> = {}): Slot {
  return { id, name: id, processState: "running", alert: "", quarantine: "", quarantined: null, holder: "", run: null, verdict: null, ...changed };
}

function status(id: string, desired: string): BatchStatus {
  return { id, process: { desired } } as BatchStatus;
}

describe("the slots", () => {
  it("that need somebody come first, the others in the order of the station", () => {
    const slots = { a: slot("a"), b: slot("b", { run: { ...RUN, state: "interrupted" } }), c: slot("c", { run: RUN }) };

    expect(inOrder(["c", "a", "b", "unknown"], slots).map((one) => one.id)).toEqual(["b", "c", "a"]);
  });

  it("are counted", () => {
    const slots = [
      slot("a", { run: RUN }),
      slot("b", { run: { ...RUN, state: "interrupted" } }),
      slot("c", { quarantine: "stuck" }),
      slot("d", { processState: "stopped" }),
    ];

    expect(countsOf(slots, [status("d", "running")])).toEqual({ all: 4, running: 2, waiting: 1, down: 2 });
  });

  it("are down where they should be up: not while they start, and not where somebody stopped them", () => {
    expect(isDown(slot("a", { processState: "error" }), status("a", "running"))).toBe(true);
    expect(isDown(slot("a", { processState: "starting" }), status("a", "running"))).toBe(false);
    expect(isDown(slot("a", { processState: "stopped" }), status("a", "stopped"))).toBe(false);
    expect(isDown(slot("a", { processState: "stopped", quarantine: "stuck" }), status("a", "stopped"))).toBe(true);
  });
});

describe("the step of a run", () => {
  const steps = [
    { name: "a", title: "Power up", index: 0, attempt: 1, outcome: "PASSED" as const, running: false },
    { name: "b", title: "", index: 1, attempt: 1, outcome: null, running: true },
    { name: "c", title: "", index: 2, attempt: 0, outcome: null, running: false },
  ];

  it("is the one under way, counted from one", () => {
    expect(stepOf({ ...RUN, steps })).toEqual({ number: 2, count: 3, title: "b", done: 1 });
  });

  it("is the last one that was begun where none is under way, and none before the first", () => {
    expect(stepOf({ ...RUN, steps: steps.map((one) => ({ ...one, running: false })) })?.title).toBe("b");
    expect(stepOf(RUN)).toBeNull();
  });
});

it("the sequence of a slot is the one its next run uses", () => {
  const sequences = [
    { name: "x", versions: [{ content_hash: "h", version: "1.2.0" }], used_by: [{ batch: "a", content_hash: "h" }] },
    { name: "y", versions: [], used_by: [{ batch: "b", content_hash: "" }] },
  ] as unknown as Parameters<typeof usedBy>[1];

  expect(usedBy("a", sequences)).toEqual({ name: "x", version: "1.2.0", hash: "h" });
  expect(usedBy("b", sequences)).toBeNull();
});

it("a run that asks waits for its answer, in the reader's language", () => {
  const prompt = { message: { ko: "넣었습니까?", en: "Is it in?" } };
  const asking = { ...RUN, waitingFor: "an answer", prompts: [{ prompt }] as unknown as LiveRun["prompts"] };

  expect([waitsFor(asking, "ko"), waitsFor({ ...RUN, waitingFor: "a shared instrument" }, "ko"), waitsFor(RUN, "en")]).toEqual([
    { sentence: "넣었습니까?", own: "" }, { sentence: "", own: "a shared instrument" }, null,
  ]);
});

it("the day begins at midnight of whoever looks", () => {
  const begin = new Date(beginOfDay(new Date(2026, 2, 1, 14, 3)));

  expect([begin.getDate(), begin.getHours(), begin.getMinutes()]).toEqual([1, 0, 0]);
});
