// A run on a sheet of paper: verdict, facts, values with limits and attempts, instruments, hashes, signatures.
import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "wouter";
import type { components } from "../../client/schema";
import { useLive } from "../../live/store";
import { written } from "../../shared/limits";
import { Asked } from "../parts/Asked";
import { duration, useTimes } from "../parts/format";
import { OutcomeBadge } from "../parts/OutcomeBadge";
import { useAnswer } from "../parts/queries";
import { Screen } from "../parts/Screen";
import { waitedOf } from "../runs/timeline";
import { Own } from "../../shared/Own";
import { useWhy } from "../runs/WhyLine";
import type { RunDetail } from "../runs/why";
import css from "./Report.module.css";
import { ReportTable } from "./ReportTable";

export default function ReportScreen() {
  const { id = "" } = useParams();
  const { t } = useTranslation("eng");
  const answer = useAnswer<RunDetail>(`/api/results/${encodeURIComponent(id)}`);
  return (
    <div className={css["screen"]}>
      <Screen
        title={t("report.title")}
        actions={
          <>
            <Button component={Link} href={`/runs/${id}`}>
              {t("report.back")}
            </Button>
            <Button variant="filled" onClick={() => window.print()}>
              {t("report.print")}
            </Button>
          </>
        }
      >
        <Asked answer={answer}>{(run) => (run.execution_id === id ? <Sheet run={run} /> : null)}</Asked>
      </Screen>
    </div>
  );
}

function Sheet({ run }: { run: RunDetail }) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  const info = useLive((state) => state.info);
  const slot = useLive((state) => state.slots[run.batch_id]?.name ?? run.batch_id);
  const system = useAnswer<components["schemas"]["SystemInfo"]>("/api/system/info");
  const [printed] = useState(() => new Date());
  const why = useWhy(run);
  const parameters = Object.entries(run.plan?.parameters ?? run.parameters);
  return (
    <article className={css["sheet"]} aria-label={t("report.title")}>
      <header className={css["head"]}>
        <div>
          <p className={css["heading"]}>{t("report.title")}</p>
          <p>
            {info?.station_name} ({info?.station_id})
          </p>
        </div>
        <div className={css["verdict"]} data-outcome={run.outcome ?? "none"}>
          {run.outcome === null ? t("run.going") : <OutcomeBadge outcome={run.outcome} />}
        </div>
      </header>
      {run.outcome === null ? <p className={css["warning"]}>{t("report.provisional")}</p> : null}
      <p className={css["why"]}>
        {why.lines.slice(0, 2).map((line, index) => (
          <span key={line}>{index === why.own ? <Own text={line} /> : line} </span>
        ))}
      </p>
      <dl className={css["facts"]}>
        <Fact name={t("report.unit")}>{run.wip_id ?? "–"}</Fact>
        <Fact name={t("report.serial")}>{run.serial_number ?? "–"}</Fact>
        <Fact name={t("report.sequence")}>
          {run.sequence_name} {run.sequence_version}
        </Fact>
        <Fact name={t("report.slot")}>{slot}</Fact>
        <Fact name={t("report.operator")}>{run.operator_id ?? "–"}</Fact>
        <Fact name={t("report.process")}>{run.process_id ?? "–"}</Fact>
        <Fact name={t("report.began")}>{full(run.started_at ?? run.accepted_at)}</Fact>
        <Fact name={t("report.ended")}>{run.completed_at === null ? "–" : full(run.completed_at)}</Fact>
        <Fact name={t("report.cycle")}>{duration(run.duration)}</Fact>
        <Fact name={t("report.waited")}>{duration(waitedOf(run))}</Fact>
        <Fact name={t("report.recoveries")}>{run.recoveries}</Fact>
        {run.defects.length === 0 ? null : (
          <Fact name={t("report.defects")} wide>
            {run.defects.join(", ")}
          </Fact>
        )}
        {parameters.length === 0 ? null : (
          <Fact name={t("report.parameters")} wide>
            {parameters.map(([name, value]) => `${name} = ${written(value) || "–"}`).join(", ")}
          </Fact>
        )}
      </dl>
      <h2>{t("report.results")}</h2>
      <ReportTable run={run} />
      <h2>{t("report.instruments")}</h2>
      {run.instruments.length === 0 ? (
        <p>{t("report.noInstruments")}</p>
      ) : (
        <table className={css["table"]}>
          <thead>
            <tr>
              <th scope="col">{t("report.instrument")}</th>
              <th scope="col">{t("report.identity")}</th>
              <th scope="col">{t("report.driver")}</th>
            </tr>
          </thead>
          <tbody>
            {run.instruments.map((one) => (
              <tr key={one.name}>
                <th scope="row">{one.name}</th>
                <td>
                  {one.identity || "–"}
                  {one.serial_number === "" ? "" : ` · ${t("report.serialNumber", { number: one.serial_number })}`}
                  {one.calibrated_until === null ? "" : ` · ${t("report.calibrated", { day: one.calibrated_until })}`}
                </td>
                <td>{one.driver}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <h2>{t("report.software")}</h2>
      <dl className={css["software"]}>
        <Fact name={t("report.content")}>
          <code>{run.content_hash}</code>
        </Fact>
        <Fact name={t("report.release")}>{system.data?.version ?? "–"}</Fact>
        <Fact name={t("report.id")}>
          <code>{run.execution_id}</code>
        </Fact>
      </dl>
      <section className={css["signatures"]} aria-label={t("report.signatures")}>
        {(["tested", "reviewed", "approved"] as const).map((who) => (
          <div key={who} className={css["signature"]}>
            <b>{t(`report.${who}`)}</b>
            <span>{t("report.nameDate")}</span>
          </div>
        ))}
      </section>
      <footer className={css["foot"]}>{t("report.printed", { time: full(printed) })}</footer>
    </article>
  );
}

function Fact({ name, wide = false, children }: { name: string; wide?: boolean; children: ReactNode }) {
  return (
    <div data-wide={wide}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
