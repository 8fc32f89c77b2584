// A button that acts when it was held for a second, by finger, mouse or key; letting go earlier does nothing.
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import css from "./Manual.module.css";

export const HELD_FOR = 1000;

interface Props {
  /** Whose button it is, for those who do not see where it stands. */
  about: string;
  disabled: boolean;
  onHeld: () => void;
}

export function HoldButton({ about, disabled, onHeld }: Props) {
  const { t } = useTranslation("eng");
  const [holding, setHolding] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  function begin(): void {
    if (disabled || holding) return;
    setHolding(true);
    timer.current = setTimeout(() => {
      setHolding(false);
      onHeld();
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
      data-holding={holding}
      onPointerDown={(event) => {
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
