// What the slot's last runs came to, newest first; each leads to its run.
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { RunSummary } from "../../client/station";
import { Shape } from "../../shapes/Shape";
import { useTimes } from "../parts/format";
import css from "./SlotCard.module.css";

export function LastOutcomes({ slot, runs }: { slot: string; runs: readonly RunSummary[] }) {
  const { t } = useTranslation("eng");
  const { t: common } = useTranslation();
  const { full } = useTimes();
  if (runs.length === 0) return <p className={css["sequence"]}>{t("overview.noRuns")}</p>;
  return (
    <ul className={css["outcomes"]} aria-label={`${slot}: ${t("overview.last")}`}>
      {runs.map((run) => {
        if (run.outcome === null) return null;
        const wip = run.wip_id ?? t("overview.noWip");
        const text = t("overview.lastOne", { outcome: common(`outcome.${run.outcome}`), wip, time: full(run.accepted_at) });
        return (
          <li key={run.execution_id}>
            <Link href={`/runs/${run.execution_id}`} className={css["outcome"] ?? ""} aria-label={text} title={text}>
              <span className={css["mark"]} data-outcome={run.outcome}>
                <Shape look={run.outcome === "SKIPPED" ? "idle" : run.outcome} className={css["shape"]} />
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
