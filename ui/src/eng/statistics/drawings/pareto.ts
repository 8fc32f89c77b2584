// Causes of failure, the most frequent first, with the line of their cumulative share.
import type { Tokens } from "../../../theme/tokens";
import type { BarSeriesOption, LineSeriesOption } from "echarts/charts";
import type { ChartOption } from "../../charts/option";
import { percent } from "../../parts/format";
import type { Cause } from "../types";

export interface ParetoWords {
  count: string;
  cumulative: string;
}

export function paretoOption(causes: readonly Cause[], words: ParetoWords, tokens: Tokens): ChartOption {
  const names = causes.map((cause) => `${cause.step}\n${cause.name}`);
  const label = (index: number) => names[index]?.replace("\n", " · ") ?? "";
  return {
    xAxis: { type: "category", data: names, axisLabel: { interval: 0, width: 130, overflow: "truncate", hideOverlap: false } },
    yAxis: [
      { type: "value", name: words.count, minInterval: 1 },
      {
        type: "value",
        name: words.cumulative,
        min: 0,
        max: 1,
        splitLine: { show: false },
        axisLabel: { formatter: (share: number) => percent(share, 0) },
      },
    ],
    grid: { top: 76 },
    legend: { data: [words.count, words.cumulative] },
    series: [
      {
        type: "bar",
        name: words.count,
        barMaxWidth: 72,
        itemStyle: { color: tokens.fail.fill, borderColor: tokens.text, borderWidth: 1 },
        label: { show: true, position: "top", color: tokens.text, fontSize: 16 },
        data: causes.map((cause) => cause.count),
        tooltip: {
          formatter: (at: { dataIndex: number }) => {
            const cause = causes[at.dataIndex];
            return `${label(at.dataIndex)}\n${words.count}: ${cause?.count ?? 0} (${percent(cause?.share)})`;
          },
        },
      } satisfies BarSeriesOption,
      {
        type: "line",
        name: words.cumulative,
        yAxisIndex: 1,
        symbol: "diamond",
        symbolSize: 12,
        lineStyle: { color: tokens.text, width: 2 },
        itemStyle: { color: tokens.text },
        data: causes.map((cause) => cause.cumulative),
        tooltip: {
          formatter: (at: { dataIndex: number }) =>
            `${label(at.dataIndex)}\n${words.cumulative}: ${percent(causes[at.dataIndex]?.cumulative)}`,
        },
      } satisfies LineSeriesOption,
    ],
  };
}
