// A list that is read a page at a time, and asked for again when something of it has changed.
import { useInfiniteQuery, type InfiniteData, type UseInfiniteQueryResult } from "@tanstack/react-query";
import { ask, type StationError } from "../../client/rest";
import { keyOf, pathOf } from "../parts/queries";

type Asked = Readonly<Record<string, string | number | boolean | null | undefined>>;

/**
 * The pages of a list.
 *
 * `cursor` is what the list calls the place to go on from; `next` gives it, null at the end. The key begins with the
 * path's parts, so that `askAgain` finds it.
 */
export function usePages<Page>(
  path: string,
  asked: Asked,
  cursor: string,
  next: (page: Page) => string | number | null,
): UseInfiniteQueryResult<InfiniteData<Page>, StationError> {
  return useInfiniteQuery<Page, StationError, InfiniteData<Page>, unknown[], string | number | null>({
    queryKey: [...keyOf(path), "pages", asked],
    queryFn: ({ pageParam }) => ask<Page>("GET", pathOf(path, { ...asked, [cursor]: pageParam })),
    initialPageParam: null,
    getNextPageParam: next,
    placeholderData: (before) => before,
  });
}
