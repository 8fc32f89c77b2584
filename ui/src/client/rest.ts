// Asks the station over REST. Every error becomes a StationError with the station's code.
import { randomCode } from "../shared/random";

/** What the station answered, or that it did not. */
export class StationError extends Error {
  constructor(
    /** As in the table of codes; `NO_ANSWER` where the station did not answer. */
    readonly code: string,
    message: string,
    readonly status: number,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = "StationError";
  }
}

export const NO_ANSWER = "NO_ANSWER";

export interface Asking {
  body?: unknown;
  /** A zip that is sent instead of a body. */
  file?: Blob;
  /** Makes one start of any number of requests. */
  key?: string;
  /** Milliseconds until it is given up. */
  within?: number;
}

const WITHIN = 10_000;
const refused = new Set<() => void>();

/** Hear when the station refuses whoever asks: somebody is logged out, or may do less than before. Returns how to stop. */
export function onRefused(listener: () => void): () => void {
  refused.add(listener);
  return () => refused.delete(listener);
}

/** Ask, and give the answer's JSON; a StationError is thrown for everything else. */
export async function ask<Answer>(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, asking: Asking = {}): Promise<Answer> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (asking.body !== undefined) headers["Content-Type"] = "application/json";
  if (asking.file !== undefined) headers["Content-Type"] = "application/zip";
  if (asking.key !== undefined) headers["Idempotency-Key"] = asking.key;
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(asking.within ?? WITHIN),
      ...bodyOf(asking),
    });
  } catch (error) {
    throw new StationError(NO_ANSWER, error instanceof Error ? error.message : String(error), 0);
  }
  noteClock(answer.headers.get("Date"));
  const said: unknown = await answer.json().catch(() => null);
  if (answer.ok) return said as Answer;
  if (answer.status === 401 || answer.status === 403) for (const listener of refused) listener();
  throw errorOf(answer, said);
}

/**
 * Ask for something that may be done once only. Where no answer comes, nobody knows whether it was done: the same
 * request, under the same key, finds out.
 */
export async function askOnce<Answer>(path: string, body: unknown, tries = 3): Promise<Answer> {
  const key = randomCode(26);
  for (let left = tries - 1; ; left -= 1) {
    try {
      return await ask<Answer>("POST", path, { body, key });
    } catch (error) {
      if (!(error instanceof StationError) || error.code !== NO_ANSWER || left <= 0) throw error;
    }
  }
}

function bodyOf({ body, file }: Asking): { body?: BodyInit } {
  if (file !== undefined) return { body: file };
  return body === undefined ? {} : { body: JSON.stringify(body) };
}

let ahead = 0;

/** The time by the station's clock, as far as its answers tell; to about a second. */
export function stationNow(): number {
  return Date.now() + ahead;
}

function noteClock(date: string | null): void {
  const told = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(told)) return;
  const off = told - Date.now();
  // The answer tells whole seconds: what is less is no difference.
  ahead = Math.abs(off) < 2000 ? 0 : off;
}

function errorOf(answer: Response, said: unknown): StationError {
  if (isErrorBody(said)) return new StationError(said.error, said.message, answer.status, said.details ?? {});
  return new StationError(`HTTP_${answer.status}`, answer.statusText, answer.status);
}

function isErrorBody(said: unknown): said is { error: string; message: string; details?: Record<string, unknown> } {
  return typeof said === "object" && said !== null && "error" in said && "message" in said;
}
