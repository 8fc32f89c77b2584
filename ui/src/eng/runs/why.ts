// Why a run ended as it did, in one line: the value that failed, the code that stopped it, or how close it was.
import type { components } from "../../client/schema";
import { closest, type Judged } from "./margin";

type Schemas = components["schemas"];
export type RunDetail = Schemas["RunDetail"];
export type StepRow = Schemas["StepRow"];
export type Measurement = Schemas["MeasurementView"];

export type Why =
  /** The first value out of its limits. */
  | { kind: "value"; step: string; measurement: Measurement; others: number }
  /** A code of the station's, and the step it is about; who, where a person did it. */
  | { kind: "code"; code: string; message: string; step: string | null; by: string | null }
  /** Everything within its limits, and the value that was nearest to an end. */
  | { kind: "passed"; judged: number; closest: Judged | null }
  | { kind: "going" };

/** Attempts that count: not given up, of the last round, and the last of each step. */
export function counting(run: Pick<RunDetail, "steps" | "round">): StepRow[] {
  const last = new Map<string, StepRow>();
  for (const step of run.steps) {
    if (step.given_up || step.round !== run.round) continue;
    const before = last.get(step.step_name);
    if (before === undefined || before.attempt < step.attempt) last.set(step.step_name, step);
  }
  return [...last.values()].sort((a, b) => a.step_index - b.step_index);
}

/** What to say on top of a run. */
export function whyOf(run: RunDetail): Why {
  if (run.outcome === null && !run.refused) return { kind: "going" };
  const steps = counting(run);
  if (run.outcome === "PASSED") {
    const judged = steps.flatMap((step) => step.measurements.map((measurement) => ({ step: step.step_name, measurement })));
    return { kind: "passed", judged: judged.filter((one) => one.measurement.limit !== null).length, closest: closest(judged) };
  }
  if (run.outcome === "FAILED") {
    // What came first in time made the verdict, not what stands first in the sequence.
    const inTime = steps.sort((a, b) => Date.parse(a.started_at) - Date.parse(b.started_at));
    const failed = inTime.flatMap((step) =>
      step.measurements.filter((one) => one.outcome === "FAILED").map((measurement) => ({ step: step.step_name, measurement })),
    );
    const first = failed[0];
    if (first !== undefined) return { kind: "value", ...first, others: failed.length - 1 };
  }
  if (run.reason === null) return { kind: "code", code: run.outcome ?? "REFUSED", message: "", step: null, by: null };
  const { code, message, step = null } = run.reason;
  return { kind: "code", code, message, step, by: code === "STOPPED" ? stoppedBy(run) : null };
}

function stoppedBy(run: RunDetail): string | null {
  return run.audit.findLast((entry) => entry.action.includes("stop"))?.actor ?? null;
}
