// Whether what is shown is not how things stand now, and people should know.
import { useEffect, useState } from "react";
import { useLive } from "./store";

/** Milliseconds a page has to connect for the first time before it says that it does not. */
export const PATIENCE = 1000;

/** A connection that was lost is told at once; one that is being made, only when it takes long. */
export function useStale(): boolean {
  const fresh = useLive((state) => state.fresh);
  const never = useLive((state) => state.asOf === null);
  const [late, setLate] = useState(false);

  useEffect(() => {
    if (fresh || !never) return undefined;
    const timer = setTimeout(() => setLate(true), PATIENCE);
    return () => clearTimeout(timer);
  }, [fresh, never]);

  return !fresh && (late || !never);
}
