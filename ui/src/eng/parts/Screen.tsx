// A screen: its name, what can be done on it, and what it shows.
import { useEffect, type ReactNode } from "react";
import css from "./Screen.module.css";

interface Props {
  title: string;
  /** Beside the title. */
  actions?: ReactNode;
  children: ReactNode;
}

export function Screen({ title, actions, children }: Props) {
  useEffect(() => {
    const before = document.title;
    document.title = title;
    return () => {
      document.title = before;
    };
  }, [title]);
  return (
    <>
      <div className={css["head"]}>
        <h1 className={css["title"]}>{title}</h1>
        <div className={css["actions"]}>{actions}</div>
      </div>
      {children}
    </>
  );
}

/** A part of a screen, with a heading. */
export function Part({ title, actions, children }: Props) {
  return (
    <section className={css["part"]} aria-label={title}>
      <div className={css["head"]}>
        <h2 className={css["partTitle"]}>{title}</h2>
        <div className={css["actions"]}>{actions}</div>
      </div>
      {children}
    </section>
  );
}
