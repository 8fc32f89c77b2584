// A slot in hand, as the page of it sees it: whose it is, and how long it is kept.
import type { components } from "../../client/schema";
import { ask } from "../../client/rest";

export type Session = components["schemas"]["ManualSession"];
export type Commands = components["schemas"]["ManualCommands"];
export type Command = components["schemas"]["Command"];
export type Answer = components["schemas"]["ManualAnswer"];
export type Closed = components["schemas"]["ManualClosed"];

/** Milliseconds between two signs of life; the station waits three times as long and more. */
export const SIGN_OF_LIFE = 4000;
/** Milliseconds a command by hand may take until nobody waits for it any more. */
export const COMMAND_WITHIN = 120_000;

export function pathOfSession(batch: string): string {
  return `/api/batches/${encodeURIComponent(batch)}/manual`;
}

/** What the page may do with a slot: take it, use it, go on with it here, or only look at whose it is. */
export type Standing = "free" | "here" | "elsewhere" | "others";

export function standingOf(session: Session, me: string, here: string | null): Standing {
  if (!session.active) return "free";
  if (session.holder !== me) return "others";
  return session.session_id === here ? "here" : "elsewhere";
}

/** Seconds left until it ends because nothing is done. */
export function secondsLeft(session: Session, now: number): number | null {
  if (session.idle_until == null) return null;
  return Math.max(0, Math.round((new Date(session.idle_until).getTime() - now) / 1000));
}

/** 4:05 */
export function countdown(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** End it because the page goes: asked for so that it is sent although the page is gone. */
export function closeOnLeaving(batch: string): void {
  void fetch(`${pathOfSession(batch)}/close`, {
    method: "POST",
    credentials: "same-origin",
    keepalive: true,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ reason: "the page was left" }),
  }).catch(() => undefined); // the station ends it itself when no sign of life comes any more
}

export const tell = {
  open: (batch: string, reason: string, steps: boolean) =>
    ask<Session>("POST", `${pathOfSession(batch)}/open`, { body: { reason, steps, keepalive: true }, within: COMMAND_WITHIN }),
  command: (batch: string, command: Command, params: object) =>
    ask<Answer>("POST", pathOfSession(batch), {
      body: { hardware: command.instrument, command: command.name, params, confirm: command.confirm },
      within: COMMAND_WITHIN,
    }),
  step: (batch: string, step: string, params: object) =>
    ask<Answer>("POST", `${pathOfSession(batch)}/step`, { body: { step, params }, within: COMMAND_WITHIN * 10 }),
  alive: (batch: string) => ask("POST", `${pathOfSession(batch)}/keepalive`, { body: {} }),
  safe: (batch: string) => ask<Answer>("POST", `${pathOfSession(batch)}/safe`, { body: {}, within: COMMAND_WITHIN }),
  close: (batch: string, reason: string) =>
    ask<Closed>("POST", `${pathOfSession(batch)}/close`, { body: { reason }, within: COMMAND_WITHIN }),
};
