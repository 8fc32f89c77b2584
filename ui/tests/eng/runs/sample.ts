// A run as the station tells it, for the tests of what is made of it.
import type { Measurement, RunDetail, StepRow } from "../../../src/eng/runs/why";

const BEGIN = Date.parse("2026-01-01T00:00:00Z");

/** A time so many seconds after the run began. */
export function at(seconds: number): string {
  return new Date(BEGIN + seconds * 1000).toISOString();
}

export function measured(name: string, value: unknown, low: number | null, high: number | null): Measurement {
  const good = typeof value === "number" && value >= (low ?? -Infinity) && value <= (high ?? Infinity);
  const limit = { kind: "range" as const, low, high };
  return { name, value, unit: "V", limit, limit_text: "", outcome: good ? "PASSED" : "FAILED", by: "", at: null };
}

export function step(name: string, from: number, to: number | null, changed: Partial<StepRow> = {}): StepRow {
  return {
    step_name: name,
    step_index: from,
    attempt: 1,
    round: 1,
    status: to === null ? "running" : "completed",
    outcome: to === null ? null : "PASSED",
    started_at: at(from),
    completed_at: to === null ? null : at(to),
    elapsed: to === null ? 0 : to - from,
    given_up: false,
    fault: null,
    defects: [],
    measurements: [],
    attachments: [],
    result: {},
    ...changed,
  };
}

export function run(changed: Partial<RunDetail> = {}): RunDetail {
  return {
    execution_id: "R1",
    batch_id: "b",
    sequence_name: "pcb",
    sequence_version: "1.0.0",
    content_hash: "0".repeat(64),
    wip_id: "WIP-1",
    process_id: 1,
    operator_id: "7",
    state: "completed",
    status: "completed",
    outcome: "PASSED",
    reason: null,
    refused: false,
    parameters: {},
    defects: [],
    round: 1,
    recoveries: 0,
    hardware_safe: true,
    accepted_at: at(0),
    started_at: at(0),
    completed_at: at(10),
    synced_at: null,
    duration: 8,
    serial_number: null,
    instruments: [],
    workflow_id: "run/ST/b",
    temporal_run_id: "T1",
    plan: null,
    steps: [],
    prompts: [],
    mes: [],
    audit: [],
    ...changed,
  };
}
