// Locks the screen when nobody has touched it for a while: no finger, no key, no scan.
import { useEffect } from "react";
import { lockScreen, mayBeLocked, useAccount } from "../client/account";
import { isLeftAlone, touched } from "./activity";

const TOUCHES = ["pointerdown", "keydown", "wheel"] as const;

/** Lock after so many seconds; 0 is never. */
export function useAutoLock(after: number): void {
  const open = useAccount(mayBeLocked);

  useEffect(() => {
    if (!open || after <= 0) return;
    const note = () => touched();
    for (const kind of TOUCHES) window.addEventListener(kind, note, { capture: true, passive: true });
    const timer = setInterval(() => {
      if (isLeftAlone(after)) void lockScreen();
    }, 1000);
    return () => {
      clearInterval(timer);
      for (const kind of TOUCHES) window.removeEventListener(kind, note, { capture: true });
    };
  }, [open, after]);
}
