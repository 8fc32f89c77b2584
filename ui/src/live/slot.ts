// One slot as the screen shows it, and what becomes of it with each event.
import type { Notice } from "../i18n/notices";
import type { BatchDetail, OpenPrompt, Outcome, RunSummary, StepView } from "../client/station";
import type { Event, LiveValue, RunResult } from "./protocol";

export interface LiveStep {
  name: string;
  title: string;
  index: number;
  attempt: number;
  outcome: Outcome | null;
  running: boolean;
}

export interface LiveRun {
  id: string;
  wip: string | null;
  sequence: string;
  state: string;
  waitingFor: string;
  /** The same as a code; null while it moves. */
  waiting: Notice | null;
  choices: string[];
  prompts: OpenPrompt[];
  steps: LiveStep[];
  /** Steps the run has; known before their names are. */
  count: number;
  /** The value that was judged last, and the step it belongs to. */
  value: (LiveValue & { step: string }) | null;
  /** The first value that was out of its limits. */
  failure: (LiveValue & { step: string }) | null;
  /** What the step under way says about itself. */
  progress: { fraction: number | null; text: string } | null;
}

export interface Verdict {
  runId: string;
  wip: string | null;
  outcome: Outcome;
  reason: RunResult["reason"];
  /** The value that made it FAIL, if one did. */
  value: (LiveValue & { step: string }) | null;
  at: string;
}

export interface Slot {
  id: string;
  name: string;
  processState: string;
  alert: string;
  quarantine: string;
  /** The same as a code; null where it is open, or was closed before there were codes. */
  quarantined: Notice | null;
  /** Who has it in hand; empty: nobody. */
  holder: string;
  run: LiveRun | null;
  /** What the last run came to, until the next one begins. */
  verdict: Verdict | null;
}

/** Make a slot of what REST tells; what REST does not know is kept from what was shown before. */
export function slotOf(told: BatchDetail, before: Slot | undefined): Slot {
  const known = before?.run?.id === told.execution_id ? before?.run : null;
  const running = told.execution_id != null && told.state !== "completed" && told.state !== "manual";
  return {
    id: told.id,
    name: told.name || told.id,
    processState: told.process.state,
    alert: told.process.alert,
    quarantine: told.quarantine?.reason ?? "",
    quarantined: told.quarantine?.notice ?? null,
    holder: told.manual?.holder ?? "",
    verdict: running ? null : (before?.verdict ?? null),
    run: running
      ? {
          id: told.execution_id ?? "",
          wip: told.wip_id ?? null,
          sequence: told.sequence_name ?? "",
          state: told.state ?? "running",
          waitingFor: told.waiting_for,
          waiting: told.waiting ?? null,
          choices: told.choices,
          prompts: told.prompts,
          steps: told.steps.map((view) => stepOf(view, told.current_step ?? null)),
          count: told.steps.length,
          value: known?.value ?? null,
          failure: known?.failure ?? null,
          progress: known?.progress ?? null,
        }
      : null,
  };
}

/** The verdict of a run that is over, as the history has it; null where there is none. */
export function verdictOf(run: RunSummary | null): Verdict | null {
  if (run?.outcome == null || run.completed_at === null) return null;
  const { execution_id: runId, wip_id: wip, outcome, completed_at: at } = run;
  return { runId, wip, outcome, reason: run.reason, value: null, at };
}

/** What becomes of a slot with an event. The same event twice is the same as once. */
export function advance(slot: Slot, event: Event): Slot {
  switch (event.type) {
    case "run_accepted":
      return slot.run?.id === event.execution_id ? slot : { ...slot, verdict: null, run: newRun(event) };
    case "batch_status":
      return event.execution_id === null ? slotChanged(slot, event.data) : inRun(slot, event, runChanged(event.data));
    case "sequence_complete":
      return completed(slot, event);
    case "manual":
      return { ...slot, holder: event.data.state === "closed" ? "" : event.data.by };
    case "run_refused":
      return slot;
    default:
      return inRun(slot, event, (run) => advanceRun(run, event));
  }
}

type OfRun = Exclude<Event, { type: "run_accepted" | "batch_status" | "sequence_complete" | "manual" | "run_refused" }>;

function advanceRun(run: LiveRun, event: OfRun): LiveRun {
  switch (event.type) {
    case "step_start":
      return { ...run, progress: null, waitingFor: "", waiting: null, steps: withStep(run, event.data, true, null) };
    case "step_complete":
      return {
        ...run,
        progress: null,
        value: event.data.measurements.map((value) => ({ ...value, step: event.data.step })).at(-1) ?? run.value,
        failure: run.failure ?? firstFailure(event.data.measurements, event.data.step),
        steps: withStep(run, event.data, false, event.data.outcome),
      };
    case "step_interrupted":
      return { ...run, steps: run.steps.map((s) => (s.name === event.data.step ? { ...s, running: false } : s)) };
    case "step_progress":
      return { ...run, progress: { fraction: event.data.fraction ?? null, text: event.data.text ?? "" } };
    case "measurement":
      return { ...run, value: event.data };
    case "run_went_back":
      return { ...run, failure: null, steps: run.steps.map((s) => (s.name in event.data.given_up ? anew(s) : s)) };
    case "prompt":
      return { ...run, prompts: [...without(run, event.data.prompt), promptOf(event)] };
    case "prompt_answered":
    case "prompt_closed":
      return { ...run, prompts: without(run, event.data.prompt) };
    default:
      // Log lines and whatever a newer station tells change nothing here.
      return run;
  }
}

function completed(slot: Slot, event: Extract<Event, { type: "sequence_complete" }>): Slot {
  const { result } = event.data;
  const run = slot.run?.id === event.execution_id ? slot.run : null;
  if (slot.run !== null && run === null) return slot;
  return {
    ...slot,
    run: null,
    verdict: {
      runId: event.execution_id ?? "",
      wip: run?.wip ?? (slot.verdict?.runId === event.execution_id ? slot.verdict.wip : null),
      outcome: result.outcome,
      reason: result.reason,
      value: result.outcome === "FAILED" ? (run?.failure ?? null) : null,
      at: event.time,
    },
  };
}

function newRun({ execution_id, data }: Extract<Event, { type: "run_accepted" }>): LiveRun {
  return {
    id: execution_id ?? "",
    wip: data.wip ?? null,
    sequence: data.sequence,
    state: "accepted",
    waitingFor: "",
    waiting: null,
    choices: [],
    prompts: [],
    steps: [],
    count: data.steps,
    value: null,
    failure: null,
    progress: null,
  };
}

function inRun(slot: Slot, event: Event, change: (run: LiveRun) => LiveRun): Slot {
  return slot.run !== null && slot.run.id === event.execution_id ? { ...slot, run: change(slot.run) } : slot;
}

type Changed = Extract<Event, { type: "batch_status" }>["data"];

function runChanged(data: Changed): (run: LiveRun) => LiveRun {
  return (run) => ({
    ...run,
    state: data.state ?? run.state,
    waitingFor: data.waiting_for ?? run.waitingFor,
    waiting: data.waiting_for === undefined ? run.waiting : (data.waiting ?? null),
    choices: data.state === undefined ? run.choices : (data.choices ?? []),
  });
}

function slotChanged(slot: Slot, data: Changed): Slot {
  return {
    ...slot,
    processState: data.process_state ?? slot.processState,
    alert: data.alert ?? slot.alert,
    quarantine: data.quarantine ?? slot.quarantine,
    quarantined: data.quarantine === undefined ? slot.quarantined : (data.quarantine_notice ?? null),
  };
}

function withStep(run: LiveRun, at: { step: string; index: number; attempt: number }, running: boolean, outcome: Outcome | null) {
  const known = run.steps.find((step) => step.name === at.step);
  const step: LiveStep = { name: at.step, title: known?.title ?? "", index: at.index, attempt: at.attempt, running, outcome };
  return [...run.steps.filter((other) => other !== known), step].sort((a, b) => a.index - b.index);
}

function stepOf(view: StepView, current: string | null): LiveStep {
  return {
    name: view.name,
    title: view.title,
    index: view.index,
    attempt: view.attempt,
    outcome: view.outcome ?? null,
    running: view.state === "running" || view.name === current,
  };
}

function anew(step: LiveStep): LiveStep {
  return { ...step, outcome: null, running: false };
}

/** The first value of a step that is out of its limits. */
export function firstFailure(values: LiveValue[], step: string): (LiveValue & { step: string }) | null {
  const failed = values.find((value) => value.outcome === "FAILED");
  return failed === undefined ? null : { ...failed, step };
}

function without(run: LiveRun, prompt: string): OpenPrompt[] {
  return run.prompts.filter((open) => open.id !== prompt);
}

function promptOf({ data, time }: Extract<Event, { type: "prompt" }>): OpenPrompt {
  return { id: data.prompt, step: data.step, prompt: data.asked, asked_at: time, until: data.until };
}
