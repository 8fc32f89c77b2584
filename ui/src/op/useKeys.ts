// The keys that mean something on the operator's screen: never a bare letter, never the space bar.
import { useEffect } from "react";
import { useLocation } from "wouter";
import { startKey, stopKey } from "./actions";
import { closeDialog, openDialog } from "./flow";

export function useKeys(): void {
  const [, navigate] = useLocation();

  useEffect(() => {
    const meanings: Record<string, () => void> = {
      F1: () => openDialog({ kind: "help" }),
      F2: startKey,
      F4: () => navigate("/eng/results"),
      F8: stopKey,
      Pause: stopKey,
      Escape: closeDialog,
    };

    function onKey(event: KeyboardEvent): void {
      const meaning = meanings[event.code];
      if (meaning === undefined || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
      event.preventDefault();
      if (!event.repeat) meaning();
    }

    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [navigate]);
}
