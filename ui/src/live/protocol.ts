// What the station says on the socket, as far as the screen listens.
import type { Notice } from "../i18n/notices";
import type { OpenPrompt, Outcome, Prompt } from "../client/station";

export interface Hello {
  type: "hello";
  epoch: string;
  last_id: number;
}
export interface Subscribed {
  type: "subscribed";
  id: number;
}
export interface Ping {
  type: "ping";
  id: number;
}
export interface Snapshot {
  type: "snapshot";
  id: number;
  epoch: string;
}
export interface Coalesced {
  type: "coalesced";
  until: number;
}
export type Control = Hello | Subscribed | Ping | Snapshot | Coalesced;

/** A value as an event tells it: the limit as people read it, or as it is kept. */
export interface LiveValue {
  name: string;
  value: unknown;
  unit: string;
  limit: string | Record<string, unknown> | null;
  outcome: Outcome;
}

interface About<Type extends string, Data> {
  type: Type;
  id: number;
  time: string;
  batch_id: string | null;
  execution_id: string | null;
  data: Data;
}

export interface RunResult {
  outcome: Outcome;
  reason: { code: string; message: string; step?: string | null } | null;
  hardware_safe: boolean;
}

export interface StepEnd {
  step: string;
  index: number;
  attempt: number;
  outcome: Outcome;
  measurements: LiveValue[];
}

export type Event =
  | About<"run_accepted", { sequence: string; version: string; wip?: string | null; steps: number }>
  | About<"run_refused", { reason: { code: string; message: string } }>
  | About<"run_went_back", { step: string; given_up: Record<string, number> }>
  | About<"batch_status", Partial<BatchChange>>
  | About<"step_start", { step: string; index: number; attempt: number }>
  | About<"step_progress", { step: string; fraction?: number; text?: string }>
  | About<"measurement", LiveValue & { step: string }>
  | About<"step_complete", StepEnd>
  | About<"step_interrupted", { step: string; attempt: number }>
  | About<"sequence_complete", { result: RunResult }>
  | About<"prompt", { prompt: string; step: string; asked: Prompt; until: string | null }>
  | About<"prompt_answered", { prompt: string }>
  | About<"prompt_closed", { prompt: string }>
  | About<"manual", { state: string; by: string }>
  | About<"call", { call_id: string; state: string }>
  | About<"delivery", { item_id: string; state: string }>;

export interface BatchChange {
  state: string;
  waiting_for: string;
  waiting: Notice | null;
  choices: string[];
  process_state: string;
  alert: string;
  quarantine: string;
  quarantine_notice: Notice | null;
}

export type { OpenPrompt };

const CONTROLS = new Set(["hello", "subscribed", "ping", "snapshot", "coalesced"]);

/** Read a message; null where it is not one the screen knows how to read. */
export function read(text: unknown): Control | Event | null {
  if (typeof text !== "string") return null;
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof said !== "object" || said === null || !("type" in said) || typeof said.type !== "string") return null;
  // A refusal of what was said has no id; an event always has one.
  if (!CONTROLS.has(said.type) && !("id" in said && typeof said.id === "number")) return null;
  return said as Control | Event;
}

export function isControl(message: Control | Event): message is Control {
  return CONTROLS.has(message.type);
}
