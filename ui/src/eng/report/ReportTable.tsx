// Steps with their attempts and what they measured, against its limits.
import { useTranslation } from "react-i18next";
import { limitWritten, written } from "../../shared/limits";
import { duration } from "../parts/format";
import type { RunDetail, StepRow } from "../runs/why";
import { Fault } from "../../shared/Fault";
import css from "./Report.module.css";
import { reportRows, type ReportRow } from "./rows";

export function ReportTable({ run }: { run: RunDetail }) {
  const { t } = useTranslation("eng");
  return (
    <table className={css["table"]}>
      <thead>
        <tr>
          <th scope="col">{t("report.step")}</th>
          <th scope="col" className={css["number"]}>
            {t("report.attempt")}
          </th>
          <th scope="col" className={css["number"]}>
            {t("report.took")}
          </th>
          <th scope="col">{t("report.measurement")}</th>
          <th scope="col" className={css["number"]}>
            {t("report.value")}
          </th>
          <th scope="col">{t("report.limit")}</th>
          <th scope="col">{t("report.outcome")}</th>
        </tr>
      </thead>
      <tbody>
        {reportRows(run).map((row) => (
          <Row key={`${row.step.step_name}:${row.step.round}:${row.step.attempt}:${row.value?.name ?? ""}`} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row: { step, title, value, first, lines } }: { row: ReportRow }) {
  const { t } = useTranslation("eng");
  const outcome = useOutcome();
  return (
    <tr data-given-up={step.given_up} data-first={first} data-bad={(value?.outcome ?? step.outcome) === "FAILED"}>
      {first ? (
        <>
          <th scope="rowgroup" rowSpan={lines}>
            {title}
            {step.given_up ? ` (${t("run.steps.givenUp")})` : ""}
          </th>
          <td rowSpan={lines} className={css["number"]}>
            {step.attempt}
          </td>
          <td rowSpan={lines} className={css["number"]}>
            {duration(step.elapsed)}
          </td>
        </>
      ) : null}
      {value === null ? (
        <td colSpan={3}>{step.fault !== null ? <Fault fault={step.fault} /> : (step.measurements.length === 0 ? t("report.noValue") : t("report.whole"))}</td>
      ) : (
        <>
          <td>
            {value.name}
            {value.by === "" ? "" : ` (${value.by})`}
          </td>
          <td className={css["number"]}>{written(value.value, value.unit)}</td>
          <td>{limitWritten(value.limit)}</td>
        </>
      )}
      <td className={css["outcome"]}>
        {value !== null && value.limit === null && value.outcome === "PASSED" ? "–" : outcome(step, value === null ? step.outcome : value.outcome)}
      </td>
    </tr>
  );
}

function useOutcome(): (step: StepRow, outcome: StepRow["outcome"]) => string {
  const { t } = useTranslation("eng");
  const { t: common } = useTranslation();
  return (step, outcome) => {
    if (outcome === null) return step.status === "running" ? t("run.steps.running") : t("run.steps.interrupted");
    return `${outcome === "PASSED" ? "✓" : outcome === "FAILED" ? "✗" : "!"} ${common(`outcome.${outcome}`)}`;
  };
}
