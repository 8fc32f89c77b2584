// The control chart of single values and of their moving range, with limits, rules and changes of limits marked.
import type { Tokens } from "../../../theme/tokens";
import type { LineSeriesOption, ScatterSeriesOption } from "echarts/charts";
import type { ChartOption } from "../../charts/option";
import { figure, limitsOf, movingRanges, rangeOf, rulesOf } from "../numbers";
import type { Series } from "../types";

export interface ControlWords {
  value: string;
  movingRange: string;
  centre: string;
  upper: string;
  lower: string;
  limitLow: string;
  limitHigh: string;
  limitChanged: string;
  failed: string;
  rules: string;
  rule: (rules: string) => string;
  /** What the tooltip says of a value, besides it. */
  about: (index: number) => string;
}

/** Both charts stand over each other, with room for what their lines are called. */
const SIDES = { left: 90, right: 160, outerBoundsMode: "none" } as const;
/** The ends of an axis are no round numbers. */
const ROUND = { showMinLabel: false, showMaxLabel: false } as const;

export function controlOption(series: Series, words: ControlWords, tokens: Tokens): ChartOption {
  const values = series.points.map((point) => point.value);
  const limits = limitsOf(values.length, series.limits);
  const rules = rulesOf(series.rule_hits);
  const { chart } = series;
  const size = values.length > 300 ? 4 : 8;
  const shown = rangeOf(
    chart === null ? values : [...values, chart.lower, chart.upper],
    limits.flatMap(({ low, high }) => [low, high]),
  );
  const said = ({ dataIndex }: { dataIndex: number }) =>
    [`${words.value}: ${figure(values[dataIndex])}`, words.about(dataIndex), ...ruleOf(dataIndex)].join("\n");
  const ruleOf = (index: number) => {
    const found = rules.get(index);
    return found === undefined ? [] : [words.rule(found.join(", "))];
  };
  const across = (yAxis: number, name: string, dashed: boolean) => ({
    yAxis,
    label: { formatter: `${name} ${figure(yAxis, 5)}`, position: "end" as const, color: tokens.text, fontSize: 16 },
    lineStyle: { color: tokens.text, width: 2, type: dashed ? ("dashed" as const) : ("solid" as const) },
  });
  const limit = (name: string, end: "low" | "high") => ({
    type: "line" as const,
    name,
    step: "end" as const,
    symbol: "none",
    silent: true,
    data: limits.map((one) => one[end] ?? "-"),
    lineStyle: { color: tokens.failText, width: 2, type: "dotted" as const },
    itemStyle: { color: tokens.failText },
  });
  return {
    legend: { data: [words.value, words.failed, words.rules, words.limitLow, words.limitHigh] },
    grid: [
      { ...SIDES, top: 48, height: 280 },
      { ...SIDES, top: 400, height: 96 },
    ],
    xAxis: [
      { type: "category", gridIndex: 0, data: values.map((_, index) => index + 1) },
      { type: "category", gridIndex: 1, data: values.map((_, index) => index + 1) },
    ],
    yAxis: [
      { type: "value", gridIndex: 0, scale: true, axisLabel: { ...ROUND, formatter: (value: number) => figure(value, 5) }, ...shown },
      { type: "value", gridIndex: 1, name: words.movingRange, min: 0, splitNumber: 2, axisLabel: { formatter: (value: number) => figure(value, 3) } },
    ],
    series: [
      {
        type: "line",
        name: words.value,
        data: values,
        symbol: "circle",
        symbolSize: size,
        showAllSymbol: true,
        lineStyle: { color: tokens.accent.fill, width: 1.5 },
        itemStyle: { color: tokens.accent.fill },
        tooltip: { formatter: said },
        markLine: {
          symbol: "none",
          silent: true,
          data: [
            ...(chart === null
              ? []
              : [
                  across(chart.centre, words.centre, false),
                  across(chart.upper, words.upper, true),
                  across(chart.lower, words.lower, true),
                ]),
            ...series.limits.slice(1).map((change) => ({
              xAxis: change.index,
              label: { formatter: `${words.limitChanged}: ${change.limit_text}`, position: "start" as const, color: tokens.text, fontSize: 16 },
              lineStyle: { color: tokens.attention.fill, width: 2, type: "solid" as const },
            })),
          ],
        },
      } satisfies LineSeriesOption,
      {
        type: "scatter",
        name: words.failed,
        data: series.points.map((point) => (point.outcome === "FAILED" ? point.value : "-")),
        symbol: "rect",
        symbolSize: size + 12,
        itemStyle: { color: tokens.fail.fill, borderColor: tokens.text, borderWidth: 1 },
        tooltip: { formatter: said },
      } satisfies ScatterSeriesOption,
      {
        type: "scatter",
        name: words.rules,
        data: values.map((value, index) => (rules.has(index) ? value : "-")),
        symbol: "triangle",
        symbolSize: size + 6,
        itemStyle: { color: tokens.attention.fill, borderColor: tokens.text, borderWidth: 1 },
        label: {
          show: rules.size <= 30,
          position: "top",
          color: tokens.text,
          fontSize: 16,
          formatter: ({ dataIndex }: { dataIndex: number }) => rules.get(dataIndex)?.join(",") ?? "",
        },
        tooltip: { formatter: said },
      } satisfies ScatterSeriesOption,
      limit(words.limitLow, "low"),
      limit(words.limitHigh, "high"),
      {
        type: "line",
        name: words.movingRange,
        xAxisIndex: 1,
        yAxisIndex: 1,
        data: movingRanges(values).map((range) => range ?? "-"),
        symbol: "circle",
        symbolSize: size,
        showAllSymbol: true,
        lineStyle: { color: tokens.accent.fill, width: 1.5 },
        itemStyle: { color: tokens.accent.fill },
        tooltip: { formatter: said },
        markLine: {
          symbol: "none",
          silent: true,
          data: chart === null ? [] : [across(chart.range_centre, words.centre, false), across(chart.range_upper, words.upper, true)],
        },
      } satisfies LineSeriesOption,
    ],
  };
}
