// The control chart of a measurement, and the same as a table.
import { Table } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { Chart } from "../charts/Chart";
import { useTokens } from "../charts/colours";
import { useTimes } from "../parts/format";
import { OutcomeBadge } from "../parts/OutcomeBadge";
import { controlOption } from "./drawings/control";
import { runOf } from "./links";
import { figure, limitsOf, movingRanges, rulesOf } from "./numbers";
import css from "./Statistics.module.css";
import type { Series } from "./types";

export function ControlChart({ series, name }: { series: Series; name: string }) {
  const { t } = useTranslation("eng");
  const tokens = useTokens();
  const times = useTimes();
  const [, go] = useLocation();
  const option = useMemo(() => {
    const words = {
      value: t("statistics.measurements.value"),
      movingRange: t("statistics.measurements.movingRange"),
      centre: t("statistics.measurements.centre"),
      upper: t("statistics.measurements.upper"),
      lower: t("statistics.measurements.lower"),
      limitLow: t("statistics.measurements.limitLow"),
      limitHigh: t("statistics.measurements.limitHigh"),
      limitChanged: t("statistics.measurements.limitChanged"),
      failed: t("statistics.measurements.failed"),
      rules: t("statistics.measurements.rules"),
      rule: (rules: string) => t("statistics.measurements.rule", { rules }),
      about: (index: number) => {
        const point = series.points[index];
        if (point === undefined) return "";
        return `${point.wip_id ?? t("statistics.measurements.unknownUnit")}\n${times.full(point.measured_at)}`;
      },
    };
    return controlOption(series, words, tokens);
  }, [series, tokens, times, t]);
  const count = rulesOf(series.rule_hits).size;
  return (
    <>
      <p role="status">
        {count === 0 ? t("statistics.measurements.noHits") : t("statistics.measurements.hits", { count })}{" "}
        <span className={css["note"]}>{t("statistics.measurements.ruleHelp")}</span>
      </p>
      <Chart
        label={t("statistics.measurements.xmr", { name })}
        option={option}
        height={530}
        onPick={(index) => {
          const point = series.points[index];
          if (point !== undefined) go(runOf(point.execution_id));
        }}
        table={() => <Values series={series} />}
      />
    </>
  );
}

function Values({ series }: { series: Series }) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  const rules = rulesOf(series.rule_hits);
  const ranges = movingRanges(series.points.map((point) => point.value));
  const limits = limitsOf(series.points.length, series.limits);
  return (
    <>
      {series.chart === null ? null : (
        <p>
          {t("statistics.measurements.centre")} {figure(series.chart.centre)} · {t("statistics.measurements.lower")}{" "}
          {figure(series.chart.lower)} · {t("statistics.measurements.upper")} {figure(series.chart.upper)} ·{" "}
          {t("statistics.measurements.movingRange")}: {t("statistics.measurements.centre")} {figure(series.chart.range_centre)} ·{" "}
          {t("statistics.measurements.upper")} {figure(series.chart.range_upper)}
        </p>
      )}
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("statistics.measurements.number")}</Table.Th>
            <Table.Th scope="col">{t("statistics.measurements.time")}</Table.Th>
            <Table.Th scope="col">{t("statistics.measurements.wip")}</Table.Th>
            <Table.Th scope="col">{t("statistics.measurements.value")}</Table.Th>
            <Table.Th scope="col">{t("statistics.measurements.movingRange")}</Table.Th>
            <Table.Th scope="col">{t("statistics.measurements.limits")}</Table.Th>
            <Table.Th scope="col">{t("statistics.measurements.outcome")}</Table.Th>
            <Table.Th scope="col">{t("statistics.measurements.rules")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {series.points.map((point, index) => (
            <Table.Tr key={`${point.execution_id}/${point.measured_at}/${index}`}>
              <Table.Th scope="row">
                <Link
                  className={css["link"] ?? ""}
                  href={runOf(point.execution_id)}
                  aria-label={`${index + 1}: ${t("statistics.measurements.open")}`}
                >
                  {index + 1}
                </Link>
              </Table.Th>
              <Table.Td>{full(point.measured_at)}</Table.Td>
              <Table.Td>{point.wip_id ?? t("statistics.measurements.unknownUnit")}</Table.Td>
              <Table.Td>{figure(point.value)}</Table.Td>
              <Table.Td>{figure(ranges[index])}</Table.Td>
              <Table.Td>
                {figure(limits[index]?.low)} .. {figure(limits[index]?.high)}
              </Table.Td>
              <Table.Td>
                <OutcomeBadge outcome={point.outcome} />
              </Table.Td>
              <Table.Td>{rules.get(index)?.join(", ")}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  );
}
