// How a slot looks: one word for its colour and shape, and what can be done on it.
import type { LiveRun, LiveStep, Slot } from "../live/slot";

export type Look =
  | "idle"
  | "ready"
  | "running"
  | "paused"
  | "cleaning"
  | "attention"
  | "manual"
  | "offline"
  | "quarantine"
  | "PASSED"
  | "FAILED"
  | "ERROR"
  | "ABORTED";

/** What the word on the tile is, besides verdicts. */
export type StateWord =
  | "idle"
  | "ready"
  | "accepted"
  | "opening"
  | "running"
  | "paused"
  | "prompting"
  | "waiting_for_worker"
  | "interrupted"
  | "cleaning_up"
  | "manual"
  | "offline"
  | "starting"
  | "quarantine";

export interface Appearance {
  look: Look;
  /** Null: the verdict's word. */
  word: StateWord | null;
}

/** How a slot looks now. */
export function appearanceOf(slot: Slot, chosen: boolean): Appearance {
  if (slot.run !== null) return ofRun(slot.run.state, slot.run.prompts.length > 0);
  if (slot.holder !== "") return { look: "manual", word: "manual" };
  if (chosen && isFree(slot)) return { look: "ready", word: "ready" };
  if (slot.verdict !== null && isVerdict(slot.verdict.outcome)) return { look: slot.verdict.outcome, word: null };
  if (slot.quarantine !== "") return { look: "quarantine", word: "quarantine" };
  if (slot.processState === "starting" || slot.processState === "backoff") return { look: "offline", word: "starting" };
  if (slot.processState !== "running") return { look: "offline", word: "offline" };
  return { look: "idle", word: "idle" };
}

function ofRun(state: string, asks: boolean): Appearance {
  if (asks) return { look: "attention", word: "prompting" };
  switch (state) {
    case "prompting":
    case "interrupted":
      return { look: "attention", word: state };
    case "paused":
      return { look: "paused", word: "paused" };
    case "cleaning_up":
      return { look: "cleaning", word: "cleaning_up" };
    case "accepted":
    case "opening":
    case "waiting_for_worker":
      return { look: "running", word: state };
    default:
      return { look: "running", word: "running" };
  }
}

function isVerdict(outcome: string): outcome is "PASSED" | "FAILED" | "ERROR" | "ABORTED" {
  return outcome !== "SKIPPED";
}

/** The step that was cut off: one that began and came to nothing. */
export function cutOffStep(run: LiveRun): LiveStep | undefined {
  return run.steps.findLast((step) => step.attempt > 0 && step.outcome === null);
}

/** Whether a run can be started on a slot. */
export function isFree(slot: Slot): boolean {
  return slot.run === null && slot.holder === "" && slot.quarantine === "" && slot.processState === "running";
}

/** Whether there is something on a slot that can be stopped. */
export function canStop(slot: Slot): boolean {
  return slot.holder !== "" || (slot.run !== null && slot.run.state !== "cleaning_up");
}

/** Columns and rows in which so many tiles fill a wide screen. */
export function gridOf(count: number): { columns: number; rows: number } {
  const columns = count <= 1 ? 1 : count <= 4 ? 2 : count <= 9 ? 3 : 4;
  return { columns, rows: Math.max(1, Math.ceil(count / columns)) };
}
