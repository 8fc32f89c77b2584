// What an engineer asks of a slot. Who may do what is the station's to say; the screen does not offer the rest.
import { ask } from "../../client/rest";
import type { components } from "../../client/schema";

type Schemas = components["schemas"];
export type ProcessAction = "start" | "stop" | "restart";

export const slotCommands = {
  pause: (batch: string) => tell<Schemas["RunAnswer"]>(batch, "pause", {}),
  resume: (batch: string) => tell<Schemas["RunAnswer"]>(batch, "resume", {}),
  skip: (batch: string, step: string, reason: string) => tell<Schemas["RunAnswer"]>(batch, "skip", { step, reason }),
  clear: (batch: string, reason: string, makeSafe: boolean) =>
    // The instruments are opened and made safe in it.
    tell<Schemas["Quarantine"]>(batch, "clear", { reason, make_safe: makeSafe }, 60_000),
  process: (batch: string, action: ProcessAction) => tell<Schemas["ProcessAnswer"]>(batch, action, undefined, 60_000),
};

function tell<Answer>(batch: string, what: string, body: unknown, within?: number): Promise<Answer> {
  const path = `/api/batches/${encodeURIComponent(batch)}/${what}`;
  return ask<Answer>("POST", path, { ...(body === undefined ? {} : { body }), ...(within === undefined ? {} : { within }) });
}
