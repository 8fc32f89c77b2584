// From a figure to the runs it is made of.
import { pathOf } from "../parts/queries";
import { endOf, type Filters, type Group, type Span } from "./filters";

interface Wanted {
  outcome?: string;
  failed_step?: string;
}

/** The runs that are looked at now. */
export function runsOf(filters: Filters, span: Span, wanted: Wanted = {}): string {
  return pathOf("/results", {
    batch_id: filters.batch,
    sequence_name: filters.sequence,
    since: span.since,
    until: span.until,
    ...wanted,
  });
}

/** The runs of one group of them. */
export function runsOfGroup(filters: Filters, span: Span, by: Group, group: string | null): string {
  if (group === null) return runsOf(filters, span);
  if (by === "sequence") return runsOf({ ...filters, sequence: group }, span);
  if (by === "batch") return runsOf({ ...filters, batch: group }, span);
  return runsOf(filters, within(span, { since: group, until: endOf(by, group) }));
}

export function runOf(execution: string): string {
  return `/runs/${encodeURIComponent(execution)}`;
}

/** A week that began before the period has only the period's days. */
function within(span: Span, group: { since: string; until: string }): Span {
  const later = span.since !== null && Date.parse(span.since) > Date.parse(group.since) ? span.since : group.since;
  const earlier = span.until !== null && Date.parse(span.until) < Date.parse(group.until) ? span.until : group.until;
  return { since: later, until: earlier };
}
