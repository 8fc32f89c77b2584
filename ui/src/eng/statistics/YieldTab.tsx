// Which share of units passed: at once, in the end, and through all processes.
import { Table } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { Chart } from "../charts/Chart";
import { useTokens } from "../charts/colours";
import { Asked } from "../parts/Asked";
import { percent } from "../parts/format";
import { pathOf, useAnswer } from "../parts/queries";
import { Part } from "../parts/Screen";
import { yieldOption } from "./drawings/yield";
import { nameOfGroup } from "./groupNames";
import { runsOf, runsOfGroup } from "./links";
import css from "./Statistics.module.css";
import type { Summary, Sums, Yield } from "./types";
import type { Filtering } from "./useFilters";

export function YieldTab(filtering: Filtering) {
  const { t } = useTranslation("eng");
  const { filters, span, offset } = filtering;
  const asked = { batch_id: filters.batch, sequence_name: filters.sequence, ...span };
  const whole = useAnswer<Summary>(pathOf("/api/statistics/summary", asked));
  const grouped = useAnswer<Summary>(
    pathOf("/api/statistics/summary", { ...asked, group_by: filters.group, utc_offset: offset }),
  );
  return (
    <>
      <Asked answer={whole}>{(summary) => <Totals summary={summary} filtering={filtering} />}</Asked>
      <Asked answer={grouped}>
        {({ groups }) => (groups.length === 0 ? <p>{t("statistics.noRuns")}</p> : <ByGroup groups={groups} {...filtering} />)}
      </Asked>
    </>
  );
}

function Totals({ summary, filtering: { filters, span } }: { summary: Summary; filtering: Filtering }) {
  const { t } = useTranslation("eng");
  const sums = summary.groups[0];
  if (sums === undefined) return null;
  const { value, stages } = summary.rolled_yield;
  const { PASSED: passed, FAILED: failed, ERROR: error, ABORTED: aborted } = sums.outcomes;
  return (
    <>
      <dl className={css["cards"]}>
        <YieldCard title={t("statistics.yield.first")} means={t("statistics.yield.firstMeans")} of={sums.first_pass_yield} />
        <YieldCard title={t("statistics.yield.final")} means={t("statistics.yield.finalMeans")} of={sums.final_yield} />
        <div className={css["card"]}>
          <dt>{t("statistics.yield.rolled")}</dt>
          <dd className={css["big"]}>{percent(value)}</dd>
          <dd className={css["note"]}>{t("statistics.yield.rolledMeans", { n: stages.length })}</dd>
        </div>
        <div className={css["card"]}>
          <dt>{t("statistics.yield.runs")}</dt>
          <dd className={css["big"]}>{sums.runs}</dd>
          <dd>{t("statistics.yield.verdicts", { passed: passed ?? 0, failed: failed ?? 0, error: error ?? 0, aborted: aborted ?? 0 })}</dd>
          <dd className={css["note"]}>
            {t("statistics.yield.refused")}: {sums.refused}
          </dd>
          <dd>
            <Link className={css["link"] ?? ""} href={runsOf(filters, span)}>
              {t("statistics.showRuns")}
            </Link>
          </dd>
        </div>
      </dl>
      {stages.length > 1 ? <Stages summary={summary} /> : null}
    </>
  );
}

function YieldCard({ title, means, of }: { title: string; means: string; of: Yield }) {
  const { t } = useTranslation("eng");
  return (
    <div className={css["card"]}>
      <dt>{title}</dt>
      <dd className={css["big"]}>{percent(of.value)}</dd>
      <dd>{t("statistics.yield.units", { passed: of.passed, n: of.total })}</dd>
      {of.value === null ? null : (
        <dd>{t("statistics.yield.interval", { low: percent(of.low), high: percent(of.high) })}</dd>
      )}
      <dd className={css["note"]}>{means}</dd>
    </div>
  );
}

function Stages({ summary }: { summary: Summary }) {
  const { t } = useTranslation("eng");
  return (
    <Part title={t("statistics.yield.stages")}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("statistics.yield.stage")}</Table.Th>
            <YieldHeads name={t("statistics.yield.first")} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {summary.rolled_yield.stages.map((stage) => (
            <Table.Tr key={`${stage.process_id ?? ""}/${stage.sequence_name ?? ""}`}>
              <Table.Th scope="row">
                {stage.process_id === null ? stage.sequence_name : t("statistics.yield.process", { id: stage.process_id })}
              </Table.Th>
              <YieldCells of={stage.first_pass_yield} />
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Part>
  );
}

function ByGroup({ groups, filters, span }: { groups: Sums[] } & Filtering) {
  const { t } = useTranslation("eng");
  const tokens = useTokens();
  const [, go] = useLocation();
  const words = { first: t("statistics.yield.first"), final: t("statistics.yield.final") };
  const by = t(`statistics.groups.${filters.group}`);
  const names = groups.map((one) => nameOfGroup(filters.group, one.group));
  const option = useMemo(
    () =>
      yieldOption(
        {
          names: groups.map((one) => nameOfGroup(filters.group, one.group)),
          first: groups.map((one) => one.first_pass_yield),
          final: groups.map((one) => one.final_yield),
          words: { first: words.first, final: words.final },
        },
        tokens,
      ),
    [groups, filters.group, words.first, words.final, tokens],
  );
  const runs = (group: string | null) => runsOfGroup(filters, span, filters.group, group);
  return (
    <Part title={t("statistics.yield.chart", { by })}>
      <Chart
        label={t("statistics.yield.chart", { by })}
        option={option}
        height={360}
        opened
        onPick={(index) => go(runs(groups[index]?.group ?? null))}
        table={() => (
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{by}</Table.Th>
                <Table.Th scope="col">{t("statistics.yield.runs")}</Table.Th>
                <YieldHeads name={words.first} />
                <YieldHeads name={words.final} />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {groups.map((one, index) => (
                <Table.Tr key={one.group}>
                  <Table.Th scope="row">
                    <Link className={css["link"] ?? ""} href={runs(one.group)}>
                      {names[index]}
                    </Link>
                  </Table.Th>
                  <Table.Td>{one.runs}</Table.Td>
                  <YieldCells of={one.first_pass_yield} />
                  <YieldCells of={one.final_yield} />
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      />
    </Part>
  );
}

function YieldHeads({ name }: { name: string }) {
  const { t } = useTranslation("eng");
  return (
    <>
      <Table.Th scope="col">{name}</Table.Th>
      <Table.Th scope="col">{t("statistics.yield.n")}</Table.Th>
      <Table.Th scope="col">
        {t("statistics.yield.low")} – {t("statistics.yield.high")}
      </Table.Th>
    </>
  );
}

function YieldCells({ of }: { of: Yield }) {
  return (
    <>
      <Table.Td fw={700}>{percent(of.value)}</Table.Td>
      <Table.Td>{of.total}</Table.Td>
      <Table.Td>{of.value === null ? "–" : `${percent(of.low)} – ${percent(of.high)}`}</Table.Td>
    </>
  );
}
