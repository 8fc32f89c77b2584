// The lock of the operator's screen: a bar above the slots. They stay as they are, and each keeps its STOP.
import { useEffect, useRef } from "react";
import { forgetLoggingIn } from "../login/loggingIn";
import css from "./Lock.module.css";
import { LOCK_TEXT, LOCK_TITLE, LockContent } from "./LockContent";

export function LockBar() {
  const box = useRef<HTMLElement>(null);

  useEffect(() => {
    forgetLoggingIn();
    // Not a field: a scanner types into whatever has the focus.
    box.current?.focus();
    return forgetLoggingIn;
  }, []);

  return (
    <section
      ref={box}
      className={css["bar"]}
      role="alertdialog"
      aria-labelledby={LOCK_TITLE}
      aria-describedby={LOCK_TEXT}
      tabIndex={-1}
      data-lock
    >
      <LockContent />
    </section>
  );
}
