// What all charts have in common: the tokens' colours, sizes that can be read, patterns besides colours, no motion.
import type { BarSeriesOption, CustomSeriesOption, LineSeriesOption, ScatterSeriesOption } from "echarts/charts";
import type { GridComponentOption, LegendComponentOption } from "echarts/components";
import type { EChartsCoreOption } from "echarts/core";
import type { XAXisComponentOption, YAXisComponentOption } from "echarts";
import type { Tokens } from "../../theme/tokens";

type Axes<Axis> = Axis | Axis[];

/** What is drawn; in ECharts' words. */
export interface ChartOption {
  series: (BarSeriesOption | CustomSeriesOption | LineSeriesOption | ScatterSeriesOption)[];
  xAxis: Axes<XAXisComponentOption>;
  yAxis: Axes<YAXisComponentOption>;
  grid?: Axes<GridComponentOption>;
  legend?: LegendComponentOption;
}

const FONT = '"Pretendard", "Noto Sans KR", "Malgun Gothic", sans-serif';

/** The option as it is drawn in a theme. */
export function dressed(option: ChartOption, tokens: Tokens): EChartsCoreOption {
  const text = { color: tokens.text, fontFamily: FONT, fontSize: 16 };
  return {
    animation: false,
    // Patterns tell series apart where colours do not.
    aria: { enabled: true, label: { enabled: false }, decal: { show: true } },
    textStyle: text,
    color: [tokens.accent.fill, tokens.attention.fill, tokens.error.fill, tokens.passText],
    series: option.series,
    legend: { top: 0, textStyle: text, itemWidth: 30, itemHeight: 16, inactiveColor: tokens.muted, ...option.legend },
    grid: each(option.grid ?? {}, (grid) => ({ left: 8, right: 24, top: 48, bottom: 8, outerBoundsMode: "same" as const, ...grid })),
    tooltip: {
      trigger: "item",
      renderMode: "richText",
      confine: true,
      backgroundColor: tokens.surface,
      borderColor: tokens.line,
      textStyle: text,
    },
    xAxis: each(option.xAxis, (axis) => axisOf(axis, tokens)),
    yAxis: each(option.yAxis, (axis) => axisOf(axis, tokens)),
  };
}

function axisOf<Axis extends XAXisComponentOption | YAXisComponentOption>(axis: Axis, tokens: Tokens): Axis {
  return {
    ...axis,
    nameTextStyle: { color: tokens.text, fontSize: 16 },
    axisLabel: { color: tokens.text, fontSize: 16, hideOverlap: true, ...axis.axisLabel },
    axisLine: { lineStyle: { color: tokens.line }, ...axis.axisLine },
    splitLine: { lineStyle: { color: tokens.raised }, ...axis.splitLine },
  };
}

function each<One>(some: Axes<One>, change: (one: One) => One): Axes<One> {
  return Array.isArray(some) ? some.map(change) : change(some);
}
