// Where a value lies in its limits, and how values and limits are written. Never localised: they are engineering values.

export interface Ends {
  low: number | null;
  high: number | null;
}

const NUMBER = String.raw`(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|-?inf)`;
const BETWEEN = new RegExp(`^${NUMBER} \\.\\. ${NUMBER}$`);
const AT_MOST = new RegExp(`^<= ${NUMBER}$`);
const AT_LEAST = new RegExp(`^>= ${NUMBER}$`);
const AROUND = new RegExp(`^${NUMBER} ± ${NUMBER} %$`);

/** The ends of a limit, as people read it or as it is kept; null where it is not about numbers. */
export function endsOf(limit: string | Record<string, unknown> | null): Ends | null {
  if (limit === null) return null;
  if (typeof limit === "string") return endsOfText(limit);
  if (limit["kind"] === "range") return bounded(limit["low"], limit["high"]);
  if (limit["kind"] === "within_percent") return around(Number(limit["nominal"]), Number(limit["percent"]));
  return null;
}

function endsOfText(text: string): Ends | null {
  const between = BETWEEN.exec(text);
  if (between) return bounded(Number(between[1]), Number(between[2]));
  const most = AT_MOST.exec(text);
  if (most) return bounded(null, Number(most[1]));
  const least = AT_LEAST.exec(text);
  if (least) return bounded(Number(least[1]), null);
  const near = AROUND.exec(text);
  return near ? around(Number(near[1]), Number(near[2])) : null;
}

function bounded(low: unknown, high: unknown): Ends | null {
  const ends = { low: finite(low), high: finite(high) };
  return ends.low === null && ends.high === null ? null : ends;
}

function around(nominal: number, percent: number): Ends | null {
  const off = (Math.abs(nominal) * percent) / 100;
  return bounded(nominal - off, nominal + off);
}

function finite(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Where the ends are drawn on a bar, in percent of its width. */
export const LOW_AT = 20;
export const HIGH_AT = 80;

/** Where a value is drawn on a bar whose limits are at LOW_AT and HIGH_AT; what is far out stays on the bar. */
export function placeOf(value: number, { low, high }: Ends): number {
  const [from, to] = scaleOf(low, high);
  const place = LOW_AT + ((HIGH_AT - LOW_AT) * (value - from)) / (to - from);
  return Math.min(98, Math.max(2, place));
}

function scaleOf(low: number | null, high: number | null): [number, number] {
  if (low !== null && high !== null) return low === high ? [low - 1, high + 1] : [low, high];
  // A limit with one end: the bar ends at zero, or as far from the end as that is from zero.
  if (high !== null) return high > 0 ? [0, high] : [high - Math.max(1, Math.abs(high)), high];
  const end = low ?? 0;
  return end < 0 ? [end, 0] : [end, end + Math.max(1, end)];
}

/** Write a value: five digits are more than anybody reads off a screen. */
export function written(value: unknown, unit = ""): string {
  const text =
    typeof value === "number" ? String(Number(value.toPrecision(5))) : typeof value === "string" ? value : JSON.stringify(value);
  return unit === "" ? text : `${text} ${unit}`;
}

/** Write a limit as people read it. */
export function limitWritten(limit: string | Record<string, unknown> | null): string {
  if (limit === null) return "";
  if (typeof limit === "string") return limit;
  const ends = endsOf(limit);
  if (ends === null) return written(limit["expected"] ?? limit["choices"] ?? limit["pattern"]);
  if (ends.low === null) return `<= ${written(ends.high)}`;
  return ends.high === null ? `>= ${written(ends.low)}` : `${written(ends.low)} .. ${written(ends.high)}`;
}
