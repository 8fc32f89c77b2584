// Measured values and figures as text; they are never localised.

/** Six digits, as they are: 5.0132, 1.2e-9; a dash where there is none. */
export function figure(value: number | null | undefined, digits = 6): string {
  if (value === null || value === undefined) return "–";
  return String(Number(value.toPrecision(digits)));
}

/** How far each value is from the one before it; the first has none. */
export function movingRanges(values: readonly number[]): (number | null)[] {
  return values.map((value, index) => (index === 0 ? null : Math.abs(value - (values[index - 1] ?? value))));
}

export interface LimitEnds {
  index: number;
  low: number | null;
  high: number | null;
}

/** The limit that was in force for each value. */
export function limitsOf(count: number, changes: readonly LimitEnds[]): { low: number | null; high: number | null }[] {
  return Array.from({ length: count }, (_, index) => {
    const last = changes.findLast((change) => change.index <= index);
    return { low: last?.low ?? null, high: last?.high ?? null };
  });
}

/** The rules that are completed at each value, by its index. */
export function rulesOf(hits: readonly { rule: number; index: number }[]): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const { rule, index } of hits) {
    const known = found.get(index) ?? [];
    if (!known.includes(rule)) found.set(index, [...known, rule]);
  }
  return found;
}

/** What an axis must show, and a little more; what lies far outside would flatten everything else and is left out. */
export function rangeOf(needed: readonly number[], wanted: readonly (number | null)[]): { min: number; max: number } | null {
  if (needed.length === 0) return null;
  let [min, max] = [Math.min(...needed), Math.max(...needed)];
  const width = max - min || Math.abs(max) || 1;
  for (const one of wanted) {
    if (one === null || one < min - FAR * width || one > max + FAR * width) continue;
    [min, max] = [Math.min(min, one), Math.max(max, one)];
  }
  const margin = (max - min || width) * 0.06;
  return { min: min - margin, max: max + margin };
}

const FAR = 3;
