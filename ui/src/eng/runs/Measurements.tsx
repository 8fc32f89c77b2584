// Every value with its limit, where it lies in it, and how much room is left.
import { Checkbox, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { limitWritten, written } from "../../shared/limits";
import { OutcomeBadge } from "../parts/OutcomeBadge";
import { percent } from "../parts/format";
import { Part } from "../parts/Screen";
import { Wide } from "../parts/Wide";
import { LimitBar } from "../../shared/LimitBar";
import { marginOf } from "./margin";
import css from "./Run.module.css";
import { counting, type RunDetail, type StepRow } from "./why";
import { titleOf } from "./WhyLine";

export function Measurements({ run }: { run: RunDetail }) {
  const { t } = useTranslation("eng");
  const [search, setSearch] = useSearchParams();
  const everything = search.get("history") === "1";
  const counted = new Set<StepRow>(counting(run));
  const shown = run.steps.filter((step) => everything || counted.has(step));
  const rows = shown.flatMap((step) => step.measurements.map((one) => ({ step, one })));
  return (
    <Part
      title={t("run.values.title")}
      actions={
        counted.size < run.steps.length ? (
          <Checkbox
            label={t("run.values.history")}
            checked={everything}
            onChange={(event) => setSearch({ tab: "measurements", ...(event.currentTarget.checked ? { history: "1" } : {}) }, { replace: true })}
          />
        ) : null
      }
    >
      {rows.length === 0 ? (
        <p>{t("run.values.none")}</p>
      ) : (
        <Wide label={t("run.values.title")}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("run.values.step")}</Table.Th>
                <Table.Th scope="col">{t("run.values.name")}</Table.Th>
                <Table.Th scope="col" className={css["number"]}>
                  {t("run.values.value")}
                </Table.Th>
                <Table.Th scope="col">{t("run.values.limit")}</Table.Th>
                <Table.Th scope="col" className={css["place"]}>
                  {t("run.values.place")}
                </Table.Th>
                <Table.Th scope="col" className={css["number"]}>
                  {t("run.values.margin")}
                </Table.Th>
                <Table.Th scope="col">{t("run.values.outcome")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map(({ step, one }) => (
                <Table.Tr key={`${step.step_name}:${step.round}:${step.attempt}:${one.name}`} data-given-up={step.given_up} className={css["attempt"]}>
                  <Table.Td>
                    {titleOf(run, step.step_name)}
                    {counted.has(step) ? "" : ` (${t("run.steps.attempt")} ${step.attempt})`}
                  </Table.Td>
                  <Table.Th scope="row">
                    {one.name}
                    {one.by === "" ? null : <span className={css["mark"]}>{t("run.values.by", { name: one.by })}</span>}
                  </Table.Th>
                  <Table.Td className={css["number"]}>{written(one.value, one.unit)}</Table.Td>
                  <Table.Td>{limitWritten(one.limit)}</Table.Td>
                  <Table.Td className={css["place"]}>
                    <LimitBar value={one.value} limit={one.limit} bad={one.outcome === "FAILED"} />
                  </Table.Td>
                  <Table.Td className={css["number"]}>{percent(marginOf(one), 0)}</Table.Td>
                  <Table.Td>{one.limit === null && one.outcome === "PASSED" ? "–" : <OutcomeBadge outcome={one.outcome} />}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
    </Part>
  );
}
