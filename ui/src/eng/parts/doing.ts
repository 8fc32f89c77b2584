// Something that somebody has the station do: one at a time, and what came of it.
import { useCallback, useRef, useState } from "react";
import { StationError } from "../../client/rest";

export interface Doing {
  /** What is under way, by the name it was given; null: nothing. */
  busy: string | null;
  error: StationError | null;
  /** Do it, unless something is under way; gives whether it was done. */
  run: (name: string, deed: () => Promise<unknown>) => Promise<boolean>;
  forget: () => void;
}

export function useDoing(): Doing {
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<StationError | null>(null);
  const running = useRef(false);

  const run = useCallback(async (name: string, deed: () => Promise<unknown>) => {
    if (running.current) return false;
    running.current = true;
    setBusy(name);
    setError(null);
    try {
      await deed();
      return true;
    } catch (caught) {
      if (!(caught instanceof StationError)) throw caught;
      setError(caught);
      return false;
    } finally {
      running.current = false;
      setBusy(null);
    }
  }, []);
  const forget = useCallback(() => setError(null), []);
  return { busy, error, run, forget };
}
