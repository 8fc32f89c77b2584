// What a group of runs is called: the hour, day or week it began with, or what it has in common.
import type { Group } from "./filters";

const HOUR = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short" });
const DAY = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short" });

export function nameOfGroup(by: Group, group: string | null): string {
  if (group === null) return "";
  if (by === "sequence" || by === "batch") return group;
  const at = new Date(group);
  if (by === "hour") return HOUR.format(at);
  return by === "day" ? DAY.format(at) : `${DAY.format(at)} –`;
}
