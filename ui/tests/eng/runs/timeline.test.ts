// The attempts of a run in their time: what was cut off, given up and done again can be told apart.
import { describe, expect, it } from "vitest";
import { temporalLink, timelineOf, waitedOf } from "../../../src/eng/runs/timeline";
import type { RunDetail } from "../../../src/eng/runs/why";
import { at, run, step } from "./sample";

const PLAN = {
  steps: [
    { name: "a", title: "Power up", index: 0, cleanup: false },
    { name: "b", title: "", index: 1, cleanup: false },
    { name: "off", title: "Power down", index: 2, cleanup: true },
  ],
} as unknown as NonNullable<RunDetail["plan"]>;

describe("the timeline", () => {
  it("stands in the order of time, with the plan's titles and where each attempt lies", () => {
    const { attempts, seconds } = timelineOf(run({ plan: PLAN, steps: [step("off", 8, 10), step("a", 0, 4)] }), [], 0);

    expect(seconds).toBe(10);
    expect(attempts.map(({ title, cleanup, from, width, offset }) => ({ title, cleanup, from, width, offset }))).toEqual([
      { title: "Power up", cleanup: false, from: 0, width: 40, offset: 0 },
      { title: "Power down", cleanup: true, from: 80, width: 20, offset: 8 },
    ]);
  });

  it("marks what was cut off, given up, tried again and done again", () => {
    const steps = [
      step("a", 0, 1, { status: "interrupted", outcome: null }),
      step("a", 1, 2, { attempt: 2 }),
      step("b", 2, 3, { outcome: "ERROR" }),
      step("b", 3, 4, { attempt: 2 }),
      step("c", 4, 5, { given_up: true }),
      step("c", 5, 6, { attempt: 2 }),
      step("a", 6, 7, { round: 2 }),
    ];

    const { attempts } = timelineOf(run({ steps, round: 2 }), [], 0);

    expect(attempts.map((one) => one.marks)).toEqual([["interrupted"], ["again"], [], ["retried"], ["givenUp"], ["again"], []]);
    expect(attempts.map((one) => one.newRound)).toEqual([false, false, false, false, false, false, true]);
  });

  it("of a run under way grows with the time, and tells what is to come", () => {
    const going = run({ plan: PLAN, outcome: null, completed_at: null, steps: [step("a", 0, 4), step("b", 4, null)] });

    const { attempts, toCome, seconds } = timelineOf(going, [{ step: "b", n: 9, mean: 3, p50: 3, p95: 4, maximum: 5 }], Date.parse(at(10)));

    expect(seconds).toBe(10);
    expect(attempts[1]).toMatchObject({ seconds: 6, from: 40, width: 60, median: 3 });
    expect(toCome.map((one) => one.name)).toEqual(["off"]);
  });
});

describe("the waiting time", () => {
  it("is what is left of the run's time without the test's own", () => {
    expect(waitedOf(run({ duration: 8 }))).toBe(2);
    expect(waitedOf(run({ duration: 10.001 }))).toBe(0);
    expect(waitedOf(run({ completed_at: null, duration: null }))).toBeNull();
  });
});

describe("the link into Temporal", () => {
  const ui = "http://127.0.0.1:8233/namespaces/default";

  it("leads to the run's own execution", () => {
    expect(temporalLink(ui, run(), "localhost")).toBe(`${ui}/workflows/run%2FST%2Fb/T1/history`);
    expect(temporalLink("https://t/namespaces/line", run({ temporal_run_id: null }), "10.0.0.9")).toBe(
      "https://t/namespaces/line/workflows/run%2FST%2Fb",
    );
  });

  it("is not offered where it leads nowhere", () => {
    expect(temporalLink(null, run(), "localhost")).toBeNull();
    expect(temporalLink(ui, run({ workflow_id: null }), "localhost")).toBeNull();
    expect(temporalLink(ui, run(), "10.0.0.9")).toBeNull();
  });
});
