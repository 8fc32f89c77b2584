// Every attempt in the order it began: what it came to, how long it took, and where it lies in the run's time.
import { Table } from "@mantine/core";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "../../client/schema";
import { OutcomeBadge } from "../parts/OutcomeBadge";
import { duration, percent } from "../parts/format";
import { pathOf, useAnswer } from "../parts/queries";
import { Part } from "../parts/Screen";
import { Wide } from "../parts/Wide";
import { Fault } from "../../shared/Fault";
import css from "./Run.module.css";
import { timelineOf, type Attempt } from "./timeline";
import type { RunDetail } from "./why";

export function Steps({ run, now }: { run: RunDetail; now: number }) {
  const { t } = useTranslation("eng");
  const path = pathOf("/api/statistics/steps", { sequence_name: run.sequence_name });
  const medians = useAnswer<components["schemas"]["StepTimesView"][]>(run.refused ? null : path).data ?? [];
  const { attempts, toCome } = timelineOf(run, medians, now);
  return (
    <Part title={t("run.steps.title")}>
      {attempts.length === 0 && toCome.length === 0 ? (
        <p>{t("run.steps.none")}</p>
      ) : (
        <Wide label={t("run.steps.title")}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("run.steps.step")}</Table.Th>
                <Table.Th scope="col">{t("run.steps.attempt")}</Table.Th>
                <Table.Th scope="col">{t("run.steps.outcome")}</Table.Th>
                <Table.Th scope="col" className={css["number"]}>
                  {t("run.steps.began")}
                </Table.Th>
                <Table.Th scope="col" className={css["number"]}>
                  {t("run.steps.took")}
                </Table.Th>
                <Table.Th scope="col" className={css["number"]}>
                  {t("run.steps.usual")}
                </Table.Th>
                <Table.Th scope="col" className={css["when"]}>
                  {t("run.steps.when")}
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {attempts.map((one) => (
                <Fragment key={`${one.step.step_name}:${one.step.round}:${one.step.attempt}`}>
                  {one.newRound ? (
                    <Table.Tr>
                      <Table.Td colSpan={7} className={css["round"]}>
                        {t("run.steps.newRound", { round: one.step.round })}
                      </Table.Td>
                    </Table.Tr>
                  ) : null}
                  <Row one={one} />
                </Fragment>
              ))}
              {toCome.map((step) => (
                <Table.Tr key={step.name} className={css["toCome"]}>
                  <Table.Th scope="row">{step.title || step.name}</Table.Th>
                  <Table.Td colSpan={6}>{t("run.steps.toCome")}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
    </Part>
  );
}

function Row({ one }: { one: Attempt }) {
  const { t } = useTranslation("eng");
  const { step } = one;
  return (
    <Table.Tr data-given-up={step.given_up} className={css["attempt"]}>
      <Table.Th scope="row">
        {one.title}
        {one.cleanup ? <span className={css["mark"]}>{t("run.steps.cleanup")}</span> : null}
        {one.marks.map((mark) => (
          <span key={mark} className={css["mark"]} data-bad={mark === "interrupted" || mark === "givenUp"}>
            {t(`run.steps.${mark}`)}
          </span>
        ))}
        {step.fault === null ? null : (
          <span className={css["fault"]}>
            <Fault fault={step.fault} /> <code>{step.fault.code}</code>
            <Traceback fault={step.fault} />
          </span>
        )}
        {step.defects.length === 0 ? null : <span className={css["fault"]}>{step.defects.join(", ")}</span>}
      </Table.Th>
      <Table.Td>{step.attempt}</Table.Td>
      <Table.Td>
        {step.outcome === null ? (
          <b>{step.status === "running" ? `▶ ${t("run.steps.running")}` : t("run.steps.interrupted")}</b>
        ) : (
          <OutcomeBadge outcome={step.outcome} />
        )}
      </Table.Td>
      <Table.Td className={css["number"]}>{one.offset.toFixed(2)}</Table.Td>
      <Table.Td className={css["number"]}>{duration(one.seconds)}</Table.Td>
      <Table.Td className={css["number"]}>
        {one.median === null || one.median < 0.01 || step.outcome === null
          ? "–"
          : t("run.steps.percent", { percent: percent(one.seconds / one.median, 0), median: duration(one.median) })}
      </Table.Td>
      <Table.Td className={css["when"]}>
        <svg className={css["bar"]} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
          <rect x="0" y="4.5" width="100" height="1" className={css["track"]} />
          <rect x={one.from} y="0" width={one.width} height="10" className={css["took"]} data-outcome={step.outcome ?? step.status} />
        </svg>
      </Table.Td>
    </Table.Tr>
  );
}

/** The last lines of the sequence's own code, for its author. */
function Traceback({ fault }: { fault: components["schemas"]["StepFault"] }) {
  const { t } = useTranslation("eng");
  const lines = fault.details?.["traceback"];
  if (!Array.isArray(lines) || lines.length === 0) return null;
  return (
    <details>
      <summary className={css["summary"]}>{t("run.steps.traceback")}</summary>
      <pre className={css["json"]}>{lines.join("\n")}</pre>
    </details>
  );
}
