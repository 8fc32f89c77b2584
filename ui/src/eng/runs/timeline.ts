// The attempts of a run in the order they began, and where each lies in the run's time.
import type { components } from "../../client/schema";
import type { RunDetail, StepRow } from "./why";

type Schemas = components["schemas"];

export interface Attempt {
  step: StepRow;
  title: string;
  cleanup: boolean;
  /** Seconds after the run began. */
  offset: number;
  /** Seconds it took while the station had power; of one under way, so far. */
  seconds: number;
  /** Where its bar begins and how long it is, in percent. */
  from: number;
  width: number;
  /** How long the step usually takes; null where nobody knows. */
  median: number | null;
  /** Whether the run began anew at its first step with it. */
  newRound: boolean;
  /** What is odd about it. */
  marks: readonly Mark[];
}

export type Mark = "interrupted" | "givenUp" | "retried" | "again";

export interface Timeline {
  attempts: readonly Attempt[];
  /** Steps that have not begun, while the run goes on. */
  toCome: readonly Schemas["StepPlan"][];
  /** Seconds from the first attempt's begin to the end, or to now. */
  seconds: number;
}

export function timelineOf(run: RunDetail, medians: readonly Schemas["StepTimesView"][], now: number): Timeline {
  const plan = new Map((run.plan?.steps ?? []).map((step) => [step.name, step]));
  const usual = new Map(medians.map((one) => [one.step, one.p50]));
  const steps = [...run.steps].sort((a, b) => Date.parse(a.started_at) - Date.parse(b.started_at) || a.step_index - b.step_index);
  const begin = Date.parse(run.started_at ?? steps[0]?.started_at ?? run.accepted_at);
  const end = Math.max(begin + 1, run.completed_at === null ? now : Date.parse(run.completed_at));
  let round = steps[0]?.round ?? 1;
  const attempts = steps.map((step): Attempt => {
    const started = Date.parse(step.started_at);
    const stopped = step.completed_at === null ? (step.status === "running" ? now : started) : Date.parse(step.completed_at);
    const newRound = step.round > round;
    round = Math.max(round, step.round);
    const from = (100 * (started - begin)) / (end - begin);
    return {
      step,
      title: plan.get(step.step_name)?.title || step.step_name,
      cleanup: plan.get(step.step_name)?.cleanup ?? false,
      offset: (started - begin) / 1000,
      seconds: step.status === "running" ? Math.max(step.elapsed, (now - started) / 1000) : step.elapsed,
      from: Math.min(99, Math.max(0, from)),
      width: Math.max(0.5, Math.min(100 - from, (100 * (stopped - started)) / (end - begin))),
      median: usual.get(step.step_name) ?? null,
      newRound,
      marks: marksOf(step, steps),
    };
  });
  const begun = new Set(run.steps.filter((step) => !step.given_up && step.round === run.round).map((step) => step.step_name));
  const toCome = run.outcome === null && !run.refused ? [...plan.values()].filter((step) => !begun.has(step.name)) : [];
  return { attempts, toCome, seconds: (end - begin) / 1000 };
}

function marksOf(step: StepRow, all: readonly StepRow[]): Mark[] {
  const marks: Mark[] = [];
  if (step.status === "interrupted") marks.push("interrupted");
  if (step.given_up) marks.push("givenUp");
  const before = all.filter((other) => other.step_name === step.step_name && other.round === step.round && other.attempt < step.attempt);
  if (before.some((other) => other.given_up || other.status === "interrupted")) marks.push("again");
  else if (before.length > 0) marks.push("retried");
  return marks;
}

/** Seconds a run waited: for answers, for a process, for nothing of its own; null where nobody knows. */
export function waitedOf({ started_at, completed_at, duration }: Pick<RunDetail, "started_at" | "completed_at" | "duration">): number | null {
  if (started_at === null || completed_at === null || duration === null) return null;
  return Math.max(0, (Date.parse(completed_at) - Date.parse(started_at)) / 1000 - duration);
}

/** Where Temporal's Web UI shows a run; null where there is none, or where this browser does not reach it. */
export function temporalLink(ui: string | null, run: Pick<RunDetail, "workflow_id" | "temporal_run_id">, here: string): string | null {
  if (ui === null || run.workflow_id == null) return null;
  const there = new URL(ui).hostname;
  if (LOOPBACK.has(there) && !LOOPBACK.has(here)) return null;
  const workflow = `${ui}/workflows/${encodeURIComponent(run.workflow_id)}`;
  return run.temporal_run_id == null ? workflow : `${workflow}/${encodeURIComponent(run.temporal_run_id)}/history`;
}

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);
