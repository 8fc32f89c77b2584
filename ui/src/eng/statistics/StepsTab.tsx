// How long the steps of a sequence take, and how one of them went.
import { Button, Table } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { Chart } from "../charts/Chart";
import { useTokens } from "../charts/colours";
import { Asked } from "../parts/Asked";
import { duration } from "../parts/format";
import { pathOf, useAnswer } from "../parts/queries";
import { Part } from "../parts/Screen";
import { durationsOption, trendOption } from "./drawings/durations";
import { nameOfGroup } from "./groupNames";
import { runsOfGroup } from "./links";
import css from "./Statistics.module.css";
import type { StepTimes, StepTrend } from "./types";
import type { Filtering } from "./useFilters";

export function StepsTab(filtering: Filtering) {
  const { t } = useTranslation("eng");
  const { filters, span } = filtering;
  const asked = { batch_id: filters.batch, sequence_name: filters.sequence, ...span };
  const steps = useAnswer<StepTimes[]>(filters.sequence === "" ? null : pathOf("/api/statistics/steps", asked));
  if (filters.sequence === "") return <p>{t("statistics.chooseSequence")}</p>;
  return (
    <>
      <Asked answer={steps}>
        {(found) => (found.length === 0 ? <p>{t("statistics.steps.none")}</p> : <Durations steps={found} {...filtering} />)}
      </Asked>
      {filters.step === "" ? null : <Trend {...filtering} />}
    </>
  );
}

function Durations({ steps, filters, change }: { steps: StepTimes[] } & Filtering) {
  const { t } = useTranslation("eng");
  const tokens = useTokens();
  const [p50, p95] = [t("statistics.steps.p50"), t("statistics.steps.p95")];
  const option = useMemo(() => durationsOption(steps, { p50, p95 }, tokens), [steps, p50, p95, tokens]);
  return (
    <Part title={t("statistics.steps.chart")}>
      <p className={css["note"]}>{t("statistics.steps.choose")}</p>
      <Chart
        label={t("statistics.steps.chart")}
        option={option}
        height={100 + steps.length * 56}
        opened
        onPick={(index) => change({ step: steps[index]?.step ?? "" })}
        table={() => (
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("statistics.steps.step")}</Table.Th>
                <Table.Th scope="col">{t("statistics.steps.n")}</Table.Th>
                <Table.Th scope="col">{t("statistics.steps.mean")}</Table.Th>
                <Table.Th scope="col">{p50}</Table.Th>
                <Table.Th scope="col">{p95}</Table.Th>
                <Table.Th scope="col">{t("statistics.steps.maximum")}</Table.Th>
                <Table.Td />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {steps.map((step) => (
                <Table.Tr key={step.step} className={filters.step === step.step ? css["chosen"] : undefined}>
                  <Table.Th scope="row">{step.step}</Table.Th>
                  <Table.Td>{step.n}</Table.Td>
                  <Table.Td>{duration(step.mean)}</Table.Td>
                  <Table.Td>{duration(step.p50)}</Table.Td>
                  <Table.Td>{duration(step.p95)}</Table.Td>
                  <Table.Td>{duration(step.maximum)}</Table.Td>
                  <Table.Td>
                    <Button
                      aria-label={`${t("statistics.steps.showTrend")}: ${step.step}`}
                      aria-pressed={filters.step === step.step}
                      onClick={() => change({ step: step.step })}
                    >
                      {t("statistics.steps.showTrend")}
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      />
    </Part>
  );
}

function Trend({ filters, span, offset }: Filtering) {
  const { t } = useTranslation("eng");
  const tokens = useTokens();
  const [, go] = useLocation();
  // Only time has a trend.
  const by = filters.group === "sequence" || filters.group === "batch" ? "day" : filters.group;
  const trend = useAnswer<StepTrend[]>(
    pathOf("/api/statistics/steps/trend", {
      batch_id: filters.batch,
      sequence_name: filters.sequence,
      ...span,
      step: filters.step,
      group_by: by,
      utc_offset: offset,
    }),
  );
  const [p50, p95] = [t("statistics.steps.p50"), t("statistics.steps.p95")];
  const title = t("statistics.steps.trend", { step: filters.step, by: t(`statistics.groups.${by}`) });
  const found = trend.data;
  const option = useMemo(() => {
    const some = found ?? [];
    return trendOption(some, some.map((one) => nameOfGroup(by, one.began)), { p50, p95 }, tokens);
  }, [found, by, p50, p95, tokens]);
  const runs = (one: StepTrend | undefined) => runsOfGroup(filters, span, by, one?.began ?? null);
  return (
    <Part title={title}>
      <Asked answer={trend}>
        {(days) => (
          <Chart
            label={title}
            option={option}
            height={320}
            onPick={(index) => go(runs(days[index]))}
            table={() => (
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th scope="col">{t("statistics.steps.began")}</Table.Th>
                    <Table.Th scope="col">{t("statistics.steps.n")}</Table.Th>
                    <Table.Th scope="col">{p50}</Table.Th>
                    <Table.Th scope="col">{p95}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {days.map((one) => (
                    <Table.Tr key={one.began}>
                      <Table.Th scope="row">
                        <Link className={css["link"] ?? ""} href={runs(one)}>
                          {nameOfGroup(by, one.began)}
                        </Link>
                      </Table.Th>
                      <Table.Td>{one.n}</Table.Td>
                      <Table.Td>{duration(one.p50)}</Table.Td>
                      <Table.Td>{duration(one.p95)}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            )}
          />
        )}
      </Asked>
    </Part>
  );
}
