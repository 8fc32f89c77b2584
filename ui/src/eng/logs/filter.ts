// What is looked for in the log, as the address has it.
import { withChanged } from "../parts/chosen";

export const LEVELS = ["debug", "info", "warning", "error", "critical"] as const;
export type Level = (typeof LEVELS)[number];
export const NAMES = ["batch", "run", "step", "level", "since", "until", "text", "cursor", "follow"] as const;
export type Filter = Readonly<Record<(typeof NAMES)[number], string>>;

const AT_ONCE = 200;

/** The levels of a list such as `warning,error`. */
export function levelsOf(list: string): Level[] {
  const named = list.split(",");
  return LEVELS.filter((level) => named.includes(level));
}

/** The address of the API; whoever follows looks at the newest lines. */
export function pathOfLogs(filter: Filter): string {
  const asked = withChanged(new URLSearchParams(), {
    batch_id: filter.batch,
    execution_id: filter.run,
    step: filter.step,
    since: filter.since,
    until: filter.until,
    text: filter.text,
    cursor: filter.follow === "" ? filter.cursor : "",
    limit: String(AT_ONCE),
  });
  for (const level of levelsOf(filter.level)) asked.append("level", level);
  return `/api/logs?${asked}`;
}
