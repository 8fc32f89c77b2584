// Times of runs: when one began, how long runs usually take, and how that is written.

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** When a run was asked for, in milliseconds: its id begins with it. Null where the id is of another kind. */
export function beganAt(run: string): number | null {
  if (!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(run)) return null;
  return Array.from(run.slice(0, 10)).reduce((time, digit) => time * 32 + DIGITS.indexOf(digit), 0);
}

/** The middle one of some values; of an even number, the mean of the two in the middle. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? upper) + upper) / 2;
}

/** Write seconds as people read a watch: 0:05, 12:30, 1:02:03. */
export function written(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number: number) => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
