// How each part of the station stands, and which of them need somebody. What the words are is not decided here.
import type { components } from "../../client/schema";
import type { GradeName } from "../parts/Grade";

export type Health = components["schemas"]["SystemHealth"];
export type Breaker = components["schemas"]["CircuitBreaker"];
export type Usage = components["schemas"]["ProcessUsage"];

export const PART_NAMES = ["ready", "database", "temporal", "mes", "breaker", "queue", "batches", "disk", "memory", "clock", "calibration"] as const;
export type PartName = (typeof PART_NAMES)[number];

/** Seconds two clocks may differ before somebody should look. */
export const CLOCK_TOLERANCE = 5;
const DISK_WARNING = 80;
const USAGE_BAD = 90;

/** How every part stands; without MES there is no breaker and nothing is owed. */
export function gradesOf(health: Health, breaker: Breaker | null, skew: number | null): Partial<Record<PartName, GradeName>> {
  const mes = health.backend_status !== "disabled";
  return {
    ready: health.ready ? "good" : "bad",
    database: health.database_connected ? "good" : "bad",
    temporal: health.engine_connected ? "good" : "bad",
    mes: mes ? (health.backend_connected ? "good" : "bad") : "off",
    ...(breaker === null ? {} : { breaker: breaker.state === "closed" ? "good" : "warning" }),
    ...(mes ? { queue: health.queue_size === 0 ? "good" : "warning" } : {}),
    batches: health.batches_up === health.batches_wanted ? "good" : "bad",
    disk: usage(health.disk_used_percent, DISK_WARNING),
    memory: usage(health.memory_used_percent, USAGE_BAD),
    calibration: calibration(health),
    clock: skew !== null && Math.abs(skew) > CLOCK_TOLERANCE ? "warning" : "good",
  };
}

function calibration({ calibrations }: Health): GradeName {
  return calibrations.length === 0 ? "good" : "warning";
}

function usage(percent: number | null | undefined, warning: number): GradeName {
  if (percent === null || percent === undefined) return "warning";
  if (percent >= Math.max(warning, USAGE_BAD)) return "bad";
  return percent >= warning ? "warning" : "good";
}

/** Seconds by which the station's clock is ahead of this one: its answer was made between question and answer. */
export function skewOf(said: string, asked: number, answered: number): number {
  const middle = (asked + answered) / 2;
  const slack = (answered - asked) / 2;
  const ahead = new Date(said).getTime() - middle;
  return Math.abs(ahead) <= slack ? 0 : Math.round(ahead / 100) / 10;
}

/** Share of what it may use, 0 to 1; of the machine where it may use all. */
export function memoryShare(process: Usage, machine: number | null | undefined): number | null {
  const most = process.memory_limit_bytes ?? machine;
  return most === null || most === undefined || most === 0 ? null : Math.min(1, process.memory_bytes / most);
}

/** 312 MB, 1.4 GB; powers of 1024, as station.yaml has them. */
export function bytes(size: number): string {
  const megabytes = size / 2 ** 20;
  return megabytes < 1000 ? `${megabytes.toFixed(0)} MB` : `${(megabytes / 1024).toFixed(1)} GB`;
}
