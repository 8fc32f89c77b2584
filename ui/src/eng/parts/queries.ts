// What the engineer's screens have asked the station, and when it must be asked again.
import { QueryClient, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { ask, StationError } from "../../client/rest";
import { onEvent } from "../../live/store";
import type { Event } from "../../live/protocol";

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // What the station refuses, it refuses again.
      retry: (count, error) => !(error instanceof StationError && error.status >= 400) && count < 3,
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});

export interface Reading {
  /** Milliseconds after which it is asked again by itself; for what no event tells of. */
  every?: number;
  /** Whether to ask at all. */
  when?: boolean;
}

/** What the station says at an address: `Answer` is a type of the generated client. Null asks nothing. */
export function useAnswer<Answer>(path: string | null, reading: Reading = {}): UseQueryResult<Answer, StationError> {
  return useQuery<Answer, StationError>({
    queryKey: path === null ? ["nothing"] : keyOf(path),
    queryFn: () => ask<Answer>("GET", path ?? ""),
    enabled: path !== null && reading.when !== false,
    refetchInterval: reading.every ?? false,
    placeholderData: (before) => before,
  });
}

/** Address of a list with what was chosen in it; what is empty is left out. */
export function pathOf(path: string, chosen: Readonly<Record<string, string | number | boolean | null | undefined>>): string {
  const wanted = new URLSearchParams();
  for (const [name, value] of Object.entries(chosen)) {
    if (value !== null && value !== undefined && value !== "") wanted.set(name, String(value));
  }
  const query = wanted.toString();
  return query === "" ? path : `${path}?${query}`;
}

/** Ask again whatever was asked below these addresses. */
export async function askAgain(...paths: string[]): Promise<void> {
  await Promise.all(paths.map((path) => queries.invalidateQueries({ queryKey: keyOf(path) })));
}

/** Keep what the events of the station are about current, until the returned function is called. */
export function followIntoQueries(): () => void {
  let told = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = onEvent((event) => {
    for (const path of concerned(event)) told.add(path);
    if (told.size === 0) return;
    timer ??= setTimeout(() => {
      const paths = told;
      told = new Set();
      timer = undefined;
      void askAgain(...paths);
    }, GATHERED_FOR);
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}

const GATHERED_FOR = 500;

/** Which addresses say something else after an event. */
export function concerned(event: Event): string[] {
  const paths: string[] = [];
  if (event.batch_id !== null) paths.push(`/api/batches/${encodeURIComponent(event.batch_id)}`);
  if (event.execution_id !== null) paths.push(`/api/results/${encodeURIComponent(event.execution_id)}`);
  if (event.type === "sequence_complete") paths.push("/api/results", "/api/queue", "/api/batches");
  if (event.type === "run_accepted" || event.type === "run_refused") paths.push("/api/results", "/api/batches");
  if (event.type === "batch_status") paths.push("/api/batches", "/api/system");
  if (event.type.startsWith("prompt")) paths.push("/api/prompts");
  return paths;
}

/** `/api/results?limit=5` stands below `/api/results`, so that it is asked again with it. */
export function keyOf(path: string): string[] {
  const [before = "", query] = path.split("?");
  const parts = before.split("/").filter((part) => part !== "");
  return query === undefined ? parts : [...parts, `?${query}`];
}
