// When somebody last touched this browser, in any of its tabs; it outlives a reload.

const KEY = "station.touched";
/** Milliseconds within which a second touch is not written down. */
const WITHIN = 1000;

/** What is kept where; a browser's own, or a test's. */
export type Kept = Pick<Storage, "getItem" | "setItem">;

/** Note that somebody is here. */
export function touched(now: number = Date.now(), kept: Kept = localStorage): void {
  if (Math.abs(now - writtenAt(kept)) < WITHIN) return;
  kept.setItem(KEY, String(now));
}

/** Whether the screen was left alone for so many seconds; 0 is never. */
export function isLeftAlone(after: number, now: number = Date.now(), kept: Kept = localStorage): boolean {
  if (after <= 0) return false;
  // Where nobody knows, or the clock was set back, it counts from now on: it must come to its end.
  if (!(writtenAt(kept) <= now)) kept.setItem(KEY, String(now));
  return now - writtenAt(kept) >= after * 1000;
}

function writtenAt(kept: Kept): number {
  return Number(kept.getItem(KEY) ?? Number.NaN);
}
