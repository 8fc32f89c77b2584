// When a shift began, and what its runs came to.

export interface Begun {
  from: Date;
  /** Whether somebody entered their number then; otherwise it is the beginning of the day. */
  entered: boolean;
}

export interface Counts {
  passed: number;
  failed: number;
  errors: number;
  begun: Begun;
}

/** Hours after which a number that was entered belongs to another shift. */
const LONGEST = 16;

/** The beginning of the shift at `now`: when the operator's number was entered, unless that was too long ago. */
export function beginningOf(since: string | null, now: Date): Begun {
  const entered = since === null ? NaN : new Date(since).getTime();
  const age = now.getTime() - entered;
  if (age >= 0 && age < LONGEST * 3_600_000) return { from: new Date(entered), entered: true };
  const midnight = new Date(now);
  midnight.setHours(0, 0, 0, 0);
  return { from: midnight, entered: false };
}
