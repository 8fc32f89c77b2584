// A chart with its name and, for whoever cannot see it or wants the numbers, the same as a table.
import { lazy, Suspense, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import css from "./Chart.module.css";
import type { Drawing } from "./EChart";

const EChart = lazy(() => import("./EChart"));

interface Props extends Drawing {
  /** What it shows, in a sentence. */
  label: string;
  /** The same as a table; made when it is looked at. */
  table: () => ReactNode;
  /** The table is open from the beginning where it says more than the chart. */
  opened?: boolean;
}

export function Chart({ label, table, opened = false, ...drawing }: Props) {
  const { t } = useTranslation("eng");
  const [open, setOpen] = useState(opened);
  return (
    <figure className={css["figure"]}>
      <div className={css["picture"]} role="img" aria-label={label} style={{ height: drawing.height }}>
        <Suspense fallback={<p className={css["coming"]}>{t("shell.loading")}…</p>}>
          <EChart {...drawing} />
        </Suspense>
      </div>
      <details className={css["details"]} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className={css["summary"]}>{t("charts.table")}</summary>
        {open ? (
          <div className={css["table"]} role="region" aria-label={`${label}: ${t("charts.table")}`} tabIndex={0}>
            {table()}
          </div>
        ) : null}
      </details>
    </figure>
  );
}
