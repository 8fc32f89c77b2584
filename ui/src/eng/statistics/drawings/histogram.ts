// How values are spread, how they would be if they were normal, and where the limits are.
import type { Tokens } from "../../../theme/tokens";
import type { LineSeriesOption } from "echarts/charts";
import type { ChartOption } from "../../charts/option";
import { figure, rangeOf } from "../numbers";
import type { Series } from "../types";

export interface HistogramWords {
  count: string;
  expected: string;
  limitLow: string;
  limitHigh: string;
  centre: string;
}

export function histogramOption(series: Series, words: HistogramWords, tokens: Tokens): ChartOption {
  const bins = series.histogram;
  const limit = series.limits.at(-1);
  const ends = [limit?.low ?? null, limit?.high ?? null];
  const shown = rangeOf(
    bins.flatMap((bin) => [bin.low, bin.high]),
    ends,
  );
  const upright = (xAxis: number | null | undefined, name: string, color: string, type: "solid" | "dotted") =>
    xAxis === null || xAxis === undefined
      ? []
      : [
          {
            xAxis,
            label: { formatter: `${name}\n${figure(xAxis)}`, color: tokens.text, fontSize: 16 },
            lineStyle: { color, width: 2, type },
          },
        ];
  return {
    legend: { data: [words.count, words.expected] },
    grid: { top: 96 },
    xAxis: { type: "value", scale: true, axisLabel: { showMinLabel: false, showMaxLabel: false, formatter: (value: number) => figure(value, 5) }, ...shown },
    yAxis: { type: "value", minInterval: 1 },
    series: [
      {
        type: "custom",
        name: words.count,
        color: tokens.accent.fill,
        data: bins.map((bin) => [bin.low, bin.high, bin.count]),
        encode: { x: [0, 1], y: 2 },
        renderItem: (_: unknown, api: Api) => {
          const [left = 0, top = 0] = api.coord([api.value(0), api.value(2)]);
          const [right = 0, bottom = 0] = api.coord([api.value(1), 0]);
          // Values that are all the same have a bin without a width.
          const width = Math.max(right - left, 4);
          return {
            type: "rect" as const,
            shape: { x: left, y: top, width, height: bottom - top },
            style: { fill: tokens.accent.fill, stroke: tokens.text, lineWidth: 1 },
          };
        },
        tooltip: {
          formatter: ({ dataIndex }: { dataIndex: number }) => {
            const bin = bins[dataIndex];
            return `${figure(bin?.low)} – ${figure(bin?.high)}\n${words.count}: ${bin?.count ?? 0}`;
          },
        },
        markLine: {
          symbol: "none",
          silent: true,
          data: [
            ...upright(ends[0], words.limitLow, tokens.failText, "dotted"),
            ...upright(ends[1], words.limitHigh, tokens.failText, "dotted"),
            ...upright(series.mean, words.centre, tokens.text, "solid"),
          ],
        },
      },
      {
        type: "line",
        name: words.expected,
        smooth: true,
        symbol: "none",
        silent: true,
        z: 4,
        lineStyle: { color: tokens.attention.fill, width: 3, type: "dashed" },
        itemStyle: { color: tokens.attention.fill },
        data: bins.length < 2 ? [] : bins.map((bin) => [(bin.low + bin.high) / 2, bin.expected]),
      } satisfies LineSeriesOption,
    ],
  };
}

interface Api {
  value: (dimension: number) => number | string;
  coord: (place: (number | string)[]) => number[];
}
