// What a run was: which unit, which content, where, who, when, how long.
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useLive } from "../../live/store";
import { written } from "../../shared/limits";
import { duration, elapsed, useTimes } from "../parts/format";
import { pathOf } from "../parts/queries";
import { Part } from "../parts/Screen";
import css from "./Run.module.css";
import { waitedOf } from "./timeline";
import type { RunDetail } from "./why";

export function Facts({ run, now }: { run: RunDetail; now: number }) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  const slot = useLive((state) => state.slots[run.batch_id]?.name ?? run.batch_id);
  const going = run.completed_at === null;
  const soFar = (now - Date.parse(run.started_at ?? run.accepted_at)) / 1000;
  const parameters = Object.entries(run.parameters);
  return (
    <Part title={t("run.facts.title")}>
      <dl className={css["facts"]}>
        <Fact name={t("run.facts.wip")}>
          {run.wip_id === null ? "–" : <Link href={pathOf("/results", { wip_id: run.wip_id })}>{run.wip_id}</Link>}
        </Fact>
        {run.serial_number == null ? null : <Fact name={t("run.facts.serial")}>{run.serial_number}</Fact>}
        <Fact name={t("run.facts.sequence")}>
          {run.sequence_name} {run.sequence_version}
        </Fact>
        <Fact name={t("run.facts.hash")}>
          <code title={run.content_hash}>{run.content_hash.slice(0, 12)}</code>
        </Fact>
        <Fact name={t("run.facts.batch")}>{slot}</Fact>
        <Fact name={t("run.facts.operator")}>{run.operator_id ?? "–"}</Fact>
        <Fact name={t("run.facts.process")}>{run.process_id ?? "–"}</Fact>
        <Fact name={t("run.facts.accepted")}>{full(run.accepted_at)}</Fact>
        <Fact name={t("run.facts.completed")}>{run.completed_at === null ? "–" : full(run.completed_at)}</Fact>
        <Fact name={t("run.facts.cycle")}>{going ? elapsed(soFar) : duration(run.duration)}</Fact>
        <Fact name={t("run.facts.waited")}>{duration(waitedOf(run))}</Fact>
        <Fact name={t("run.facts.mes")}>{toldText()}</Fact>
        {run.recoveries > 0 ? <Fact name={t("run.facts.recoveries")}>{run.recoveries}</Fact> : null}
        {run.round > 1 ? <Fact name={t("run.facts.round")}>{run.round - 1}</Fact> : null}
        {run.defects.length > 0 ? (
          <Fact name={t("run.facts.defects")}>
            <b>{run.defects.join(", ")}</b>
          </Fact>
        ) : null}
        {parameters.length > 0 ? (
          <Fact name={t("run.facts.parameters")} wide>{parameters.map(([name, value]) => `${name} = ${written(value) || "–"}`).join(", ")}</Fact>
        ) : null}
        {run.instruments.length > 0 ? (
          <Fact name={t("run.facts.instruments")} wide>
            {run.instruments.map((one) => (
              <span key={one.name} className={css["block"]}>
                {one.name}: {one.identity || one.driver}
                {one.serial_number === "" ? "" : ` · ${t("report.serialNumber", { number: one.serial_number })}`}
                {one.calibrated_until === null ? "" : ` · ${t("report.calibrated", { day: one.calibrated_until })}`}
              </span>
            ))}
          </Fact>
        ) : null}
        <Fact name={t("run.facts.id")} wide>
          <code>{run.execution_id}</code>
        </Fact>
      </dl>
    </Part>
  );

  function toldText(): string {
    if (run.synced_at !== null) return t("run.facts.synced", { time: full(run.synced_at) });
    return run.mes.length === 0 ? t("run.facts.notTold") : t("run.facts.notSynced");
  }
}

function Fact({ name, wide = false, children }: { name: string; wide?: boolean; children: ReactNode }) {
  return (
    <div data-wide={wide}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
