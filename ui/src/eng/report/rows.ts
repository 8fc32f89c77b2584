// The lines of the report's table: each attempt of each step with what it measured, and what else is to be said of it.
import type { Measurement, RunDetail, StepRow } from "../runs/why";

export interface ReportRow {
  step: StepRow;
  title: string;
  /** Null where the line is about the attempt itself: it measured nothing, or its values do not say why it ended so. */
  value: Measurement | null;
  /** Whether it is the first line of its attempt. */
  first: boolean;
  /** Lines of the attempt. */
  lines: number;
}

/** In the order in which they were done; attempts that do not count are there, and say so. */
export function reportRows(run: Pick<RunDetail, "steps" | "plan">): ReportRow[] {
  const titles = new Map((run.plan?.steps ?? []).map((step) => [step.name, step.title]));
  const steps = [...run.steps].sort((a, b) => Date.parse(a.started_at) - Date.parse(b.started_at) || a.step_index - b.step_index);
  return steps.flatMap((step): ReportRow[] => {
    const title = titles.get(step.step_name) || step.step_name;
    const values: (Measurement | null)[] = isExplained(step) ? step.measurements : [...step.measurements, null];
    return values.map((value, index) => ({ step, title, value, first: index === 0, lines: values.length }));
  });
}

/** Whether the values of an attempt say how it ended. */
function isExplained(step: StepRow): boolean {
  if (step.measurements.length === 0 || step.fault !== null) return false;
  const failed = step.measurements.some((one) => one.outcome === "FAILED");
  return failed ? step.outcome === "FAILED" : step.outcome === "PASSED";
}
