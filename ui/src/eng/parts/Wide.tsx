// Something that may be wider than the screen: it is moved by itself, with the keyboard too.
import type { ReactNode } from "react";
import css from "./Wide.module.css";

export function Wide({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={css["wide"]} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
