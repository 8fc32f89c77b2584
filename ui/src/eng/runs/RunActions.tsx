// What can be done about a run: STOP while it goes on, take it away as a report or a file, look at it in Temporal.
import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useAccount } from "../../client/account";
import { station } from "../../client/station";
import { useLive } from "../../live/store";
import { StateBadge } from "../overview/StateBadge";
import { usePreferences } from "../../shared/preferences";
import { stepOf, waitsFor } from "../overview/standing";
import { Failure } from "../parts/Asked";
import { pathOf } from "../parts/queries";
import { useCommand } from "../parts/useCommand";
import { Own } from "../../shared/Own";
import css from "./Run.module.css";
import { temporalLink } from "./timeline";
import type { RunDetail } from "./why";

export function RunActions({ run }: { run: RunDetail }) {
  const { t } = useTranslation("eng");
  const ui = useLive((state) => state.info?.temporal_ui ?? null);
  const temporal = temporalLink(ui, run, window.location.hostname);
  const file = (format: string) => pathOf(`/api/results/${encodeURIComponent(run.execution_id)}/export`, { format, bom: format === "csv" || null });
  return (
    <>
      {temporal === null ? null : (
        <Button component="a" href={temporal} target="_blank" rel="noreferrer">
          {t("run.temporal")} ↗
        </Button>
      )}
      <Button component="a" href={file("json")} download>
        {t("run.json")}
      </Button>
      <Button component="a" href={file("csv")} download>
        {t("run.csv")}
      </Button>
      {run.refused ? null : (
        <Button component={Link} href={`/runs/${run.execution_id}/report`} variant="filled">
          {t("run.report")}
        </Button>
      )}
    </>
  );
}

/** Where a run under way stands, and its STOP; it stays in sight however far one has scrolled. */
export function StopBar({ run }: { run: RunDetail }) {
  const { t } = useTranslation("eng");
  const slot = useLive((state) => state.slots[run.batch_id]);
  const operate = useAccount((state) => state.account?.permissions.includes("operate") ?? false);
  const language = usePreferences((state) => state.language);
  const stop = useCommand(() => station.stop(run.batch_id));
  const mine = slot?.run?.id === run.execution_id ? slot : undefined;
  const live = mine?.run ?? null;
  const step = live === null ? null : stepOf(live);
  const waits = live === null ? null : waitsFor(live, language);
  const asks = live !== null && (live.prompts.length > 0 || live.choices.length > 0);
  return (
    <div className={css["stopBar"]}>
      {mine === undefined ? <b>{t("run.going")}</b> : <StateBadge slot={mine} />}
      <span className={css["grow"]} role="status">
        {stop.isSuccess ? t("run.stopped") : step === null ? "" : t("run.now", { step: step.title })}
        {waits === null ? null : (
          <>
            {` · ${waits.sentence} `}
            <Own text={waits.own} />
          </>
        )}
      </span>
      {operate && asks ? (
        <Button component={Link} href={pathOf("/prompts", { batch: run.batch_id })}>
          {t("run.prompts")}
        </Button>
      ) : null}
      {operate ? (
        <Button className={css["stop"] ?? ""} disabled={stop.isPending} onClick={() => stop.mutate()}>
          {t("run.stop")}
        </Button>
      ) : null}
      {stop.error === null ? null : <Failure error={stop.error} />}
    </div>
  );
}
