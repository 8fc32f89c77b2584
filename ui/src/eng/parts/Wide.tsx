// What may be wider than the screen: it is scrolled by itself, by key too.
import type { ReactNode } from "react";
import css from "./Wide.module.css";

interface Props {
  /** What it is, where nothing around it says so. */
  label?: string;
  /** Pixels below which its columns would lose their words. */
  minWidth?: number;
  children: ReactNode;
}

export function Wide({ label, minWidth, children }: Props) {
  return (
    <div className={css["wide"]} role={label === undefined ? undefined : "group"} aria-label={label} tabIndex={0}>
      {minWidth === undefined ? children : <div style={{ minWidth }}>{children}</div>}
    </div>
  );
}
