// The line on top of a run says the first cause, and nothing that does not count.
import { describe, expect, it } from "vitest";
import { counting, whyOf } from "../../../src/eng/runs/why";
import { at, measured, run, step } from "./sample";

const BAD = measured("rail", 4.2, 4.9, 5.1);
const GOOD = measured("rail", 5.0, 4.9, 5.1);

describe("why a run ended so", () => {
  it("is the value that failed first in time, and how many others failed", () => {
    const steps = [
      step("early", 5, 6, { step_index: 0, outcome: "FAILED", measurements: [measured("late", 1, 2, 3)] }),
      step("later", 1, 2, { step_index: 1, outcome: "FAILED", measurements: [GOOD, BAD] }),
    ];

    expect(whyOf(run({ outcome: "FAILED", steps }))).toEqual({ kind: "value", step: "later", measurement: BAD, others: 1 });
  });

  it("is not a value of an attempt that was given up, retried or of an earlier round", () => {
    const steps = [
      step("a", 1, 2, { given_up: true, outcome: "FAILED", measurements: [BAD] }),
      step("b", 2, 3, { outcome: "FAILED", measurements: [BAD] }),
      step("b", 3, 4, { attempt: 2, measurements: [GOOD] }),
      step("c", 4, 5, { round: 0, outcome: "FAILED", measurements: [BAD] }),
    ];

    expect(counting(run({ steps })).map((one) => [one.step_name, one.attempt])).toEqual([["b", 2]]);
    expect(whyOf(run({ steps }))).toMatchObject({ kind: "passed", judged: 1 });
  });

  it("is the code and the step of a fault, never a value", () => {
    const reason = { code: "HARDWARE_ERROR", message: "no answer", step: "rails" };
    const steps = [step("rails", 1, 2, { outcome: "ERROR", measurements: [BAD] })];

    expect(whyOf(run({ outcome: "ERROR", reason, steps }))).toEqual({ kind: "code", ...reason, by: null });
  });

  it("names who stopped it", () => {
    const entry = { id: 1, time: at(1), actor: "kim", action: "stop", target: "b", reason: "", data: {} };
    const reason = { code: "STOPPED", message: "Stopped by kim", step: null };

    expect(whyOf(run({ outcome: "ABORTED", reason, audit: [entry] }))).toMatchObject({ kind: "code", code: "STOPPED", by: "kim" });
  });

  it("of a good unit is how many values were judged, and which was closest to its limit", () => {
    const near = measured("near", 5.09, 4.9, 5.1);
    const steps = [step("a", 1, 2, { measurements: [GOOD, near, { ...GOOD, limit: null }] })];

    expect(whyOf(run({ steps }))).toEqual({ kind: "passed", judged: 2, closest: { step: "a", measurement: near } });
  });

  it("of a refused start is the reason it was refused for", () => {
    const reason = { code: "WIP_BUSY", message: "busy", step: null };

    expect(whyOf(run({ outcome: null, refused: true, reason }))).toMatchObject({ kind: "code", code: "WIP_BUSY" });
  });

  it("is not known while the run goes on", () => {
    expect(whyOf(run({ outcome: null, completed_at: null }))).toEqual({ kind: "going" });
  });
});
