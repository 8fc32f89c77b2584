// How far a value is from the nearer end of its limit.
import type { components } from "../../client/schema";
import { endsOf } from "../../shared/limits";

type Measurement = components["schemas"]["MeasurementView"];

export interface Judged {
  step: string;
  measurement: Measurement;
}

/**
 * Distance to the nearer end: as a share of the limit's width, or of the end itself where there is one end only.
 * Negative where the value is out; null where the limit is not about numbers.
 */
export function marginOf({ value, limit }: Pick<Measurement, "value" | "limit">): number | null {
  const ends = endsOf(limit);
  if (ends === null || typeof value !== "number") return null;
  const { low, high } = ends;
  if (low !== null && high !== null) {
    const width = high - low;
    return width === 0 ? null : Math.min(value - low, high - value) / width;
  }
  const end = low ?? high ?? 0;
  if (end === 0) return null;
  return (low === null ? end - value : value - end) / Math.abs(end);
}

/** The value nearest to an end of its limit. */
export function closest(judged: readonly Judged[]): Judged | null {
  let found: Judged | null = null;
  let smallest = Infinity;
  for (const one of judged) {
    const margin = marginOf(one.measurement);
    if (margin === null || margin >= smallest) continue;
    [found, smallest] = [one, margin];
  }
  return found;
}
