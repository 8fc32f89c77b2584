// Whether somebody is called to the station; every screen shows it.
import { useEffect, useState } from "react";
import { ask } from "../client/rest";
import type { components } from "../client/schema";
import { onEvent, useLive } from "../live/store";

export type Call = components["schemas"]["Call"];
export type CallReason = components["schemas"]["CallReason"];

export const REASONS = ["material", "machine", "quality", "other"] as const satisfies readonly CallReason[];

export const calling = {
  call: (reason: CallReason) => ask<Call>("POST", "/api/calls", { body: { reason } }),
  answer: (id: string) => ask<Call>("POST", `/api/calls/${encodeURIComponent(id)}/answer`),
  withdraw: (id: string) => ask<Call>("POST", `/api/calls/${encodeURIComponent(id)}/withdraw`),
};

/** The open call, current for as long as it is shown; null where there is none. */
export function useCall(): Call | null {
  const fresh = useLive((state) => state.fresh);
  const [call, setCall] = useState<Call | null>(null);

  useEffect(() => {
    if (!fresh) return;
    let over = false;

    async function look(): Promise<void> {
      const told = await ask<components["schemas"]["OpenCall"]>("GET", "/api/calls").catch(() => null);
      if (!over && told !== null) setCall(told.call);
    }

    const deaf = onEvent((event) => {
      if (event.type === "call") void look();
    });
    void look();
    return () => {
      over = true;
      deaf();
    };
  }, [fresh]);
  return call;
}
