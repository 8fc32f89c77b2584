// The filters of the screen's address, and how to change them.
import { useMemo } from "react";
import { useSearchParams } from "wouter";
import type { components } from "../../client/schema";
import { useAnswer } from "../parts/queries";
import { addressOf, filtersOf, spanOf, utcOffset, type Filters, type Span } from "./filters";

export interface Filtering {
  filters: Filters;
  span: Span;
  /** Minutes from UTC of whoever looks. */
  offset: number;
  change: (changed: Partial<Filters>) => void;
}

export function useFilters(): Filtering {
  const [address, setAddress] = useSearchParams();
  const known = useAnswer<components["schemas"]["SequenceEntry"][]>("/api/sequences").data;
  // Where there is one sequence, it is meant; "all" can still be chosen, for runs of one that is gone.
  const only = known?.length === 1 ? (known[0]?.name ?? "") : "";
  const filters = useMemo(() => filtersOf(address, only), [address, only]);
  // The day is read when the filters change; a screen that stands over midnight asks for the same days.
  const [span, offset] = useMemo(() => {
    const now = new Date();
    return [spanOf(filters, now), utcOffset(now)] as const;
  }, [filters]);
  return { filters, span, offset, change: (changed) => setAddress(addressOf({ ...filters, ...changed }, only)) };
}
