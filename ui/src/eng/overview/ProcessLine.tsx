// How the slot's process stands, and what it complains of.
import { useTranslation } from "react-i18next";
import type { components } from "../../client/schema";
import type { Slot } from "../../live/slot";
import { Own } from "../../shared/Own";
import css from "./SlotCard.module.css";

const KNOWN = ["starting", "running", "backoff", "stopping", "stopped", "error", "down", "unknown"] as const;
type Known = (typeof KNOWN)[number];

export function ProcessLine({ slot, process }: { slot: Slot; process: components["schemas"]["ProcessStatus"] | undefined }) {
  const { t } = useTranslation("eng");
  const { t: common } = useTranslation();
  const words = useProcessWords();
  const up = slot.processState === "running";
  return (
    <>
      <p className={css["process"]} data-bad={!up && slot.processState !== "starting" && process?.desired !== "stopped"}>
        <span>{t("overview.process")}:</span> <b>{words(slot.processState)}</b>
        {up && process?.rss_bytes != null ? (
          <span className={css["limit"]}>
            {t("overview.processFacts", {
              pid: process.pid ?? "–",
              memory: Math.round(process.rss_bytes / 1e6),
              cpu: (process.cpu_percent ?? 0).toFixed(0),
            })}
          </span>
        ) : null}
        {process !== undefined && process.restarts > 0 ? <span>{t("overview.restarts", { count: process.restarts })}</span> : null}
      </p>
      {slot.alert === "" ? null : (
        <p className={css["trouble"]}>
          {common("tile.processAlertOf")} <Own text={slot.alert} />
        </p>
      )}
    </>
  );
}

/** What the state of a process is called; one that a newer station knows is told in its word. */
export function useProcessWords(): (state: string) => string {
  const { t } = useTranslation("eng");
  return (state) => (isKnown(state) ? t(`overview.processState.${state}`) : state);
}

function isKnown(state: string): state is Known {
  return (KNOWN as readonly string[]).includes(state);
}
