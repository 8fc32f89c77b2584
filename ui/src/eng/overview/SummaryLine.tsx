// The station in five figures: what goes on, who is waited for, how the day goes.
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { components } from "../../client/schema";
import type { Slot } from "../../live/slot";
import { useLive } from "../../live/store";
import { percent } from "../parts/format";
import { pathOf, useAnswer } from "../parts/queries";
import css from "./Overview.module.css";
import { beginOfDay, countsOf, type BatchStatus } from "./standing";

/** Milliseconds; a delivery that is made is told by no event that the queries follow. */
const LOOK_EVERY = 15_000;

export function SummaryLine({ slots, statuses }: { slots: readonly Slot[]; statuses: readonly BatchStatus[] }) {
  const { t } = useTranslation("eng");
  const counts = countsOf(slots, statuses);
  const mes = useLive((state) => state.info?.mes ?? false);
  return (
    <dl className={css["summary"]} aria-label={t("overview.summary")}>
      <Figure label={t("overview.running")} value={t("overview.ofSlots", { count: counts.running, all: counts.all })} />
      <Figure
        label={t("overview.waiting")}
        value={counts.waiting === 0 ? "0" : <Link href="/prompts">{counts.waiting}</Link>}
        calls={counts.waiting > 0}
      />
      <FirstPass />
      {mes ? <Unsent /> : <Figure label={t("overview.unsent")} value="–" small={t("overview.noMes")} />}
      <Figure label={t("overview.down")} value={counts.down} bad={counts.down > 0} />
    </dl>
  );
}

function FirstPass() {
  const { t } = useTranslation("eng");
  const since = beginOfDay(new Date());
  const { data } = useAnswer<components["schemas"]["Summary"]>(pathOf("/api/statistics/summary", { since }), { every: LOOK_EVERY });
  const found = data?.groups[0]?.first_pass_yield;
  const small =
    found === undefined || found.total === 0
      ? t("overview.firstPassNone")
      : t("overview.firstPassOf", { passed: found.passed, total: found.total, low: percent(found.low), high: percent(found.high) });
  return <Figure label={t("overview.firstPass")} value={percent(found?.value)} small={small} />;
}

function Unsent() {
  const { t } = useTranslation("eng");
  const { data } = useAnswer<components["schemas"]["Queue"]>("/api/queue", { every: LOOK_EVERY });
  const parked = data?.parked ?? 0;
  return (
    <Figure
      label={t("overview.unsent")}
      value={data === undefined ? "–" : data.pending + parked}
      small={parked > 0 ? t("overview.unsentParked", { count: parked }) : ""}
      bad={parked > 0}
    />
  );
}

function Figure({ label, value, small = "", bad = false, calls = false }: { label: string; value: ReactNode; small?: string; bad?: boolean; calls?: boolean }) {
  return (
    <div className={css["figure"]} data-bad={bad} data-calls={calls}>
      <dt>{label}</dt>
      <dd>
        <span className={css["number"]}>{value}</span>
        {small === "" ? null : <span className={css["small"]}>{small}</span>}
      </dd>
    </div>
  );
}
