// Which runs are looked for, as it stands in the address: a link shows the same list.

/** What narrows the list, by the words of `GET /api/results`. */
export const FILTERS = [
  "batch_id",
  "wip_id",
  "wip_prefix",
  "sequence_name",
  "sequence_version",
  "outcome",
  "status",
  "process_id",
  "operator_id",
  "failed_step",
  "defect",
  "refused",
  "synced",
  "since",
  "until",
] as const;
export type FilterName = (typeof FILTERS)[number];

/** What was chosen; several outcomes stand with commas between. */
export type Filter = Readonly<Partial<Record<FilterName, string>>>;

export const PAGE = 50;
const LARGEST_TRAIL = 30;
const BETWEEN = "~";

/** Read the filter of an address. */
export function filterOf(search: URLSearchParams): Filter {
  const found: Partial<Record<FilterName, string>> = {};
  for (const name of FILTERS) {
    const values = search.getAll(name).filter((value) => value !== "");
    if (values.length > 0) found[name] = name === "outcome" ? values.join(",") : (values.at(-1) ?? "");
  }
  return found;
}

/** Write a filter as the API and the address have it; times of a form become times of the world. */
export function paramsOf(filter: Filter): URLSearchParams {
  const search = new URLSearchParams();
  for (const name of FILTERS) {
    const value = filter[name]?.trim() ?? "";
    if (value === "") continue;
    if (name === "outcome") for (const one of value.split(",")) search.append(name, one);
    else search.set(name, value);
  }
  return search;
}

/** Where a page of the list is: its cursor, and those of the pages before it. */
export interface Place {
  cursor: string;
  /** The first page has none; of the pages before, the latest last. */
  trail: readonly string[];
}

export function placeOf(search: URLSearchParams): Place {
  const trail = (search.get("trail") ?? "").split(BETWEEN);
  return { cursor: search.get("cursor") ?? "", trail: search.has("trail") ? trail : [] };
}

/** The address of the next page. */
export function nextOf(filter: Filter, { cursor, trail }: Place, next: string): string {
  const search = paramsOf(filter);
  search.set("cursor", next);
  search.set("trail", [...trail, cursor].slice(-LARGEST_TRAIL).join(BETWEEN));
  return `?${search}`;
}

/** The address of the page before; null on the first one. */
export function previousOf(filter: Filter, { cursor, trail }: Place): string | null {
  if (cursor === "") return null;
  const search = paramsOf(filter);
  const before = trail.at(-1) ?? "";
  if (before !== "") {
    search.set("cursor", before);
    search.set("trail", trail.slice(0, -1).join(BETWEEN));
  }
  const query = search.toString();
  return query === "" ? "" : `?${query}`;
}

/** Address of the list, or of its export, at the API. */
export function pathFor(path: string, filter: Filter, more: Readonly<Record<string, string>>): string {
  const search = paramsOf(filter);
  for (const [name, value] of Object.entries(more)) if (value !== "") search.set(name, value);
  return `${path}?${search}`;
}
