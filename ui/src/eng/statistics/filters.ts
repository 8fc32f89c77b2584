// What is looked at on the screen of statistics, as its address has it, and as the station is asked for it.

export const PERIODS = ["today", "7", "30", "90", "own"] as const;
export type Period = (typeof PERIODS)[number];
export const GROUPS = ["hour", "day", "week", "sequence", "batch"] as const;
export type Group = (typeof GROUPS)[number];
export const TABS = ["yield", "failures", "measurements", "steps"] as const;
export type Tab = (typeof TABS)[number];

export interface Filters {
  tab: Tab;
  /** Empty: all. */
  sequence: string;
  batch: string;
  period: Period;
  /** Of an own period: the first and the last day, 2026-03-01; empty: without that end. */
  from: string;
  to: string;
  group: Group;
  step: string;
  measurement: string;
}

/** Read an address; what it does not say, or says wrongly, is as usual. `only` is the station's sequence, if it has but one. */
export function filtersOf(address: URLSearchParams, only = ""): Filters {
  const day = (name: string) => (DAY.test(address.get(name) ?? "") ? (address.get(name) ?? "") : "");
  return {
    tab: oneOf(TABS, address.get("tab"), "yield"),
    sequence: address.get("sequence_name") ?? only,
    batch: address.get("batch_id") ?? "",
    period: oneOf(PERIODS, address.get("period"), "30"),
    from: day("from"),
    to: day("to"),
    group: oneOf(GROUPS, address.get("group_by"), "day"),
    step: address.get("step") ?? "",
    measurement: address.get("measurement") ?? "",
  };
}

/** Write an address; what is as usual is left out. */
export function addressOf(filters: Filters, only = ""): URLSearchParams {
  const usual = filtersOf(new URLSearchParams());
  const own = filters.period === "own";
  const said: [string, string, string][] = [
    ["tab", filters.tab, usual.tab],
    ["sequence_name", filters.sequence, only],
    ["batch_id", filters.batch, ""],
    ["period", filters.period, usual.period],
    ["from", own ? filters.from : "", ""],
    ["to", own ? filters.to : "", ""],
    ["group_by", filters.group, usual.group],
    ["step", filters.step, ""],
    ["measurement", filters.measurement, ""],
  ];
  return new URLSearchParams(said.filter(([, value, left]) => value !== left).map(([name, value]) => [name, value]));
}

/** Between when runs are looked at, in the words of the API; null: without that end. */
export interface Span {
  since: string | null;
  until: string | null;
}

/** The period's ends, by the clock of whoever looks: days begin at their midnight. */
export function spanOf(filters: Filters, now: Date): Span {
  if (filters.period === "own") {
    // Without a beginning, from the first day there can be.
    const since = filters.from === "" ? new Date(0) : midnight(filters.from, 0);
    return { since: since.toISOString(), until: filters.to === "" ? null : midnight(filters.to, 1).toISOString() };
  }
  const days = filters.period === "today" ? 1 : Number(filters.period);
  const since = new Date(now.getFullYear(), now.getMonth(), now.getDate() - (days - 1));
  return { since: since.toISOString(), until: null };
}

/** When an hour, day or week that began then is over. */
export function endOf(group: Group, began: string): string {
  const at = new Date(began);
  if (group === "hour") return new Date(at.getTime() + 3_600_000).toISOString();
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() + (group === "week" ? 7 : 1)).toISOString();
}

/** Minutes from UTC, as the API has it: 540 in Korea. */
export function utcOffset(now: Date): number {
  // Not -0, which would be another number in an address.
  return now.getTimezoneOffset() === 0 ? 0 : -now.getTimezoneOffset();
}

const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

function midnight(day: string, later: number): Date {
  const [year = 1970, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later);
}

function oneOf<Word extends string>(words: readonly Word[], said: string | null, otherwise: Word): Word {
  return words.find((word) => word === said) ?? otherwise;
}
