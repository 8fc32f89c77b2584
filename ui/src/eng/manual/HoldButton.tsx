// A button that acts when it was held for a second, by finger, mouse or key; letting go earlier does nothing.
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import css from "./Manual.module.css";

export const HELD_FOR = 1000;

interface Props {
  /** Whose button it is, for those who do not see where it stands. */
  about: string;
  /** Something is wrong with what was entered. */
  disabled: boolean;
  /** Something else is under way: it cannot act now, and keeps the focus. */
  busy: boolean;
  onHeld: () => void;
}

export function HoldButton({ about, disabled, busy, onHeld }: Props) {
  const { t } = useTranslation("eng");
  const [holding, setHolding] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const off = disabled || busy;
  // As it is when the second is over, not as it was when it began.
  const act = useRef(onHeld);
  useEffect(() => {
    act.current = off ? () => undefined : onHeld;
  }, [off, onHeld]);

  function begin(): void {
    if (off || holding) return;
    setHolding(true);
    timer.current = setTimeout(() => {
      setHolding(false);
      act.current();
    }, HELD_FOR);
  }
  function end(): void {
    clearTimeout(timer.current);
    setHolding(false);
  }
  useEffect(() => () => clearTimeout(timer.current), []);
  const said = t(holding ? "manual.holding" : "manual.hold");
  const isPress = (event: KeyboardEvent) => event.key === " " || event.key === "Enter";

  return (
    <button
      type="button"
      className={css["hold"]}
      aria-label={`${about}: ${said}`}
      disabled={disabled}
      aria-disabled={busy}
      data-holding={holding}
      onPointerDown={(event) => {
        // A finger that slides off has let go: without this it would keep the button.
        event.currentTarget.releasePointerCapture(event.pointerId);
        if (event.button === 0) begin();
      }}
      onPointerUp={end}
      onPointerLeave={end}
      onPointerCancel={end}
      onBlur={end}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (!isPress(event)) return;
        event.preventDefault();
        if (!event.repeat) begin();
      }}
      onKeyUp={(event) => {
        if (isPress(event)) end();
      }}
    >
      {said}
      <i />
    </button>
  );
}
