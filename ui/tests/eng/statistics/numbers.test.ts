// Figures as they are written and drawn.
import { describe, expect, it } from "vitest";
import { figure, limitsOf, movingRanges, rangeOf, rulesOf } from "../../../src/eng/statistics/numbers";
import { controlOption, type ControlWords } from "../../../src/eng/statistics/drawings/control";
import { histogramOption } from "../../../src/eng/statistics/drawings/histogram";
import type { Series } from "../../../src/eng/statistics/types";
import { TOKENS } from "../../../src/theme/tokens";

describe("a figure", () => {
  it.each([
    [5, "5"],
    [0.1 + 0.2, "0.3"],
    [1234567.8, "1234570"],
    [1.23456789e-9, "1.23457e-9"],
    [null, "–"],
    [undefined, "–"],
  ])("%s is written %s", (value, written) => expect(figure(value)).toBe(written));
});

it("a moving range is how far a value is from the one before it", () => {
  expect(movingRanges([5, 7, 4])).toEqual([null, 2, 3]);
  expect(movingRanges([])).toEqual([]);
});

it("each value has the limit that was in force for it", () => {
  const changes = [
    { index: 0, low: 4, high: null },
    { index: 2, low: 4.5, high: 5.5 },
  ];

  expect(limitsOf(3, changes)).toEqual([
    { low: 4, high: null },
    { low: 4, high: null },
    { low: 4.5, high: 5.5 },
  ]);
  expect(limitsOf(1, [])).toEqual([{ low: null, high: null }]);
});

it("a value has each rule once that it completes", () => {
  const hits = [
    { rule: 1, index: 3 },
    { rule: 2, index: 3 },
    { rule: 2, index: 3 },
    { rule: 4, index: 9 },
  ];

  expect([...rulesOf(hits)]).toEqual([
    [3, [1, 2]],
    [9, [4]],
  ]);
});

describe("an axis", () => {
  it("shows the values and limits that are near", () => {
    const range = rangeOf([4, 6], [3, 7]);

    expect(range?.min).toBeLessThan(3);
    expect(range?.max).toBeGreaterThan(7);
  });

  it("leaves out a limit that would flatten the values", () => {
    expect(rangeOf([4, 6], [-1000, null])?.min).toBeGreaterThan(3);
  });

  it("shows values that are all the same", () => {
    expect(rangeOf([5, 5], [])).toEqual({ min: 4.7, max: 5.3 });
    expect(rangeOf([], [])).toBeNull();
  });
});

const SERIES: Series = {
  sequence_name: "pcb",
  step: "weigh",
  measurement: "rail",
  points: [5, 6, 5.2].map((value, index) => ({
    execution_id: `R${index}`,
    wip_id: null,
    measured_at: "2026-03-01T00:00:00Z",
    value,
    outcome: value > 5.5 ? "FAILED" : "PASSED",
  })),
  limits: [
    { index: 0, limit: null, limit_text: "4 .. 7", low: 4, high: 7 },
    { index: 1, limit: null, limit_text: "4.5 .. 5.5", low: 4.5, high: 5.5 },
  ],
  truncated: false,
  n: 3,
  mean: 5.4,
  sigma: 0.5,
  sigma_within: 0.8,
  minimum: 5,
  maximum: 6,
  capability: { cp: 1, cpk: 1, pp: 1, ppk: 1 },
  chart: { centre: 5.4, lower: 3, upper: 7.8, range_centre: 0.9, range_upper: 2.9 },
  rule_hits: [{ rule: 1, index: 1 }],
  normality: null,
  normality_p: null,
  histogram: [{ low: 5, high: 6, count: 3, expected: 2.8 }],
  warnings: ["few_values"],
};

describe("the control chart", () => {
  const words = new Proxy({}, { get: (_, name) => (name === "rule" || name === "about" ? String : String(name)) });
  const option = controlOption(SERIES, words as ControlWords, TOKENS.dark);
  const lines = option.series as { name: string; data: unknown[]; markLine?: { data: object[] } }[];
  const named = (name: string) => lines.find((line) => line.name === name);

  it("has every value, each limit from when it was in force, and marks what is out of limits and what a rule finds", () => {
    expect(named("value")?.data).toEqual([5, 6, 5.2]);
    expect(named("limitHigh")?.data).toEqual([7, 5.5, 5.5]);
    expect(named("failed")?.data).toEqual(["-", 6, "-"]);
    expect(named("rules")?.data).toEqual(["-", 6, "-"]);
    expect(named("movingRange")?.data).toEqual(["-", 1, expect.closeTo(0.8)]);
  });

  it("has its control limits and each change of the limits as lines", () => {
    const places = named("value")?.markLine?.data.map((line) => ("yAxis" in line ? line.yAxis : "xAxis" in line ? line.xAxis : null));

    expect(places).toEqual([5.4, 7.8, 3, 1]);
  });
});

it("the histogram has the last limits and the mean as lines", () => {
  const words = { count: "n", expected: "e", limitLow: "low", limitHigh: "high", centre: "mean" };
  const [bars] = histogramOption(SERIES, words, TOKENS.light).series as { data: unknown[]; markLine: { data: { xAxis: number }[] } }[];

  expect(bars?.data).toEqual([[5, 6, 3]]);
  expect(bars?.markLine.data.map((line) => line.xAxis)).toEqual([4.5, 5.5, 5.4]);
});
