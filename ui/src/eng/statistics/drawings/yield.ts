// Bars of both yields by group, each with its interval.
import type { Tokens } from "../../../theme/tokens";
import type { ChartOption } from "../../charts/option";
import { percent } from "../../parts/format";
import type { Yield } from "../types";

export interface Yields {
  names: string[];
  first: Yield[];
  final: Yield[];
  words: { first: string; final: string };
}

const GAPS = { barGap: "20%", barCategoryGap: "36%", barMaxWidth: 48 } as const;

export function yieldOption({ names, first, final, words }: Yields, tokens: Tokens): ChartOption {
  const bars = (name: string, yields: Yield[], color: string) => ({
    type: "bar" as const,
    name,
    ...GAPS,
    itemStyle: { color, borderColor: tokens.text, borderWidth: 1 },
    data: yields.map((one) => ({ value: one.value ?? "-" })),
    tooltip: { formatter: ({ dataIndex }: Picked) => `${names[dataIndex] ?? ""}\n${name}: ${said(yields[dataIndex])}` },
  });
  return {
    xAxis: { type: "category", data: names },
    yAxis: { type: "value", min: 0, max: 1, axisLabel: { formatter: (share: number) => percent(share, 0) } },
    legend: { data: [words.first, words.final] },
    series: [
      bars(words.first, first, tokens.accent.fill),
      bars(words.final, final, tokens.pass.fill),
      intervals(first, 0, tokens),
      intervals(final, 1, tokens),
    ],
  };
}

interface Picked {
  dataIndex: number;
}

/** 98.0 % (49 / 50; 89.5 % – 99.6 %) */
export function said(one: Yield | undefined): string {
  if (one === undefined || one.value === null) return "–";
  return `${percent(one.value)} (${one.passed} / ${one.total}; ${percent(one.low)} – ${percent(one.high)})`;
}

/** The lines over the bars between which the true share lies. */
function intervals(yields: Yield[], place: number, tokens: Tokens) {
  return {
    type: "custom" as const,
    silent: true,
    z: 5,
    data: yields.flatMap((one, index) => (one.value === null ? [] : [[index, one.low, one.high]])),
    encode: { x: 0, y: [1, 2] },
    renderItem: (_: unknown, api: Api) => {
      const layout = api.barLayout({ count: 2, ...GAPS })?.[place];
      const [x = 0, low = 0] = api.coord([api.value(0), api.value(1)]);
      const [, high = 0] = api.coord([api.value(0), api.value(2)]);
      const at = x + (layout?.offsetCenter ?? 0);
      const style = { stroke: tokens.text, lineWidth: 2 };
      const line = (x1: number, y1: number, x2: number, y2: number) => ({
        type: "line" as const,
        shape: { x1, y1, x2, y2 },
        style,
      });
      return {
        type: "group" as const,
        children: [line(at, low, at, high), line(at - 6, low, at + 6, low), line(at - 6, high, at + 6, high)],
      };
    },
  };
}

interface Api {
  value: (dimension: number) => number | string;
  coord: (place: (number | string)[]) => number[];
  barLayout: (options: { count: number }) => { offsetCenter: number }[] | null | undefined;
}
