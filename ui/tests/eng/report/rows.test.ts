// The report leaves out no attempt, and no reason that the values do not say.
import { expect, it } from "vitest";
import { reportRows } from "../../../src/eng/report/rows";
import { measured, run, step } from "../runs/sample";

const GOOD = measured("rail", 5, 4.9, 5.1);
const BAD = measured("rail", 4, 4.9, 5.1);
const FAULT = { code: "HARDWARE_ERROR", message: "no answer", details: {} };

it("each value has a line, in the order in which things were done", () => {
  const rows = reportRows(run({ steps: [step("b", 5, 6), step("a", 1, 2, { measurements: [GOOD, GOOD] })] }));

  expect(rows.map(({ step: of, value, first, lines }) => [of.step_name, value?.name ?? null, first, lines])).toEqual([
    ["a", "rail", true, 2],
    ["a", "rail", false, 2],
    ["b", null, true, 1],
  ]);
});

it.each([
  ["passed", step("a", 1, 2, { measurements: [GOOD] }), 1],
  ["failed by a value", step("a", 1, 2, { outcome: "FAILED", measurements: [BAD] }), 1],
  ["an error after good values", step("a", 1, 2, { outcome: "ERROR", fault: FAULT, measurements: [GOOD] }), 2],
  ["failed by its author", step("a", 1, 2, { outcome: "FAILED", measurements: [GOOD] }), 2],
  ["cut off after good values", step("a", 1, 2, { status: "interrupted", outcome: null, measurements: [GOOD] }), 2],
])("an attempt that is %s", (_, of, lines) => {
  expect(reportRows(run({ steps: [of] }))).toHaveLength(lines);
});
