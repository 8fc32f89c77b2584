// Parameters as they are entered: what is empty is left to the slot, what is wrong is said by name.
import { expect, it } from "vitest";
import { read, type Specs } from "../../../src/eng/overview/parameters";

const SPECS = {
  volts: { type: "float", min: 9, max: 16 },
  times: { type: "integer" },
  ripple: { type: "boolean" },
  grade: { type: "string", options: ["A", "B"] },
  range: { type: "integer", options: [1, 10] },
  label: { type: "string" },
} as unknown as Specs;

it("what is entered becomes values of their kind", () => {
  const entered = { volts: " 12.5 ", times: "3", ripple: "false", grade: "B", range: "10", label: "x" };

  expect(read(SPECS, entered)).toEqual({
    values: { volts: 12.5, times: 3, ripple: false, grade: "B", range: 10, label: "x" },
    problems: {},
  });
});

it("what is left empty is not sent", () => {
  expect(read(SPECS, { volts: "", label: "  " })).toEqual({ values: {}, problems: {} });
});

it.each([
  ["volts", "twelve", "notANumber"],
  ["volts", "99", "outOfRange"],
  ["times", "1.5", "notWhole"],
])("%s = %s is %s", (name, text, problem) => {
  expect(read(SPECS, { [name]: text })).toEqual({ values: {}, problems: { [name]: problem } });
});
