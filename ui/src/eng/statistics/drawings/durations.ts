// How long steps take, and how one of them went from day to day.
import type { Tokens } from "../../../theme/tokens";
import type { ChartOption } from "../../charts/option";
import { duration } from "../../parts/format";
import type { StepTimes, StepTrend } from "../types";

export interface DurationWords {
  p50: string;
  p95: string;
}

export function durationsOption(steps: readonly StepTimes[], words: DurationWords, tokens: Tokens): ChartOption {
  const bars = (name: string, color: string, seconds: (step: StepTimes) => number) => ({
    type: "bar" as const,
    name,
    barMaxWidth: 20,
    itemStyle: { color, borderColor: tokens.text, borderWidth: 1 },
    data: steps.map(seconds),
    tooltip: {
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const step = steps[dataIndex];
        return step === undefined ? "" : `${step.step}\n${name}: ${duration(seconds(step))}`;
      },
    },
  });
  return {
    legend: { data: [words.p50, words.p95] },
    xAxis: { type: "value", min: 0, axisLabel: { formatter: (seconds: number) => `${seconds} s` } },
    // The first step is at the top.
    yAxis: { type: "category", inverse: true, data: steps.map((step) => step.step), axisLabel: { width: 220, overflow: "truncate" } },
    series: [
      bars(words.p50, tokens.accent.fill, (step) => step.p50),
      bars(words.p95, tokens.attention.fill, (step) => step.p95),
    ],
  };
}

export function trendOption(trend: readonly StepTrend[], names: string[], words: DurationWords, tokens: Tokens): ChartOption {
  const line = (name: string, color: string, symbol: string, dashed: boolean, seconds: (one: StepTrend) => number) => ({
    type: "line" as const,
    name,
    symbol,
    symbolSize: 10,
    showAllSymbol: true,
    lineStyle: { color, width: 2, type: dashed ? ("dashed" as const) : ("solid" as const) },
    itemStyle: { color },
    data: trend.map(seconds),
    tooltip: {
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const one = trend[dataIndex];
        return one === undefined ? "" : `${names[dataIndex] ?? ""}\n${name}: ${duration(seconds(one))} (n = ${one.n})`;
      },
    },
  });
  return {
    legend: { data: [words.p50, words.p95] },
    xAxis: { type: "category", data: names },
    yAxis: { type: "value", min: 0, axisLabel: { formatter: (seconds: number) => `${seconds} s` } },
    series: [
      line(words.p50, tokens.accent.fill, "circle", false, (one) => one.p50),
      line(words.p95, tokens.attention.fill, "diamond", true, (one) => one.p95),
    ],
  };
}
