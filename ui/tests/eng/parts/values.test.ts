// What is entered for a command is sent as its driver wants it, and refused here where that is known already.
import { describe, expect, it } from "vitest";
import { anyWrong, shownValue, valuesOf, wrongWith, type ValueSpec } from "../../../src/eng/parts/values";

const ANY: ValueSpec = { description: "", required: false };
const VOLT: ValueSpec = { ...ANY, type: "float", min: 0, max: 30, required: true };
const CHANNEL: ValueSpec = { ...ANY, type: "integer", options: [110, 111] };

describe("what was entered", () => {
  it("is sent in its own kind, and what is empty is not sent", () => {
    const specs = { volt: VOLT, channel: CHANNEL, on: { ...ANY, type: "boolean" as const }, text: { ...ANY, type: "string" as const }, any: ANY, left: ANY };

    const values = valuesOf(specs, { volt: "3.30", channel: "111", on: "false", text: "12", any: "7", left: "" });

    expect(values).toEqual({ volt: 3.3, channel: 111, on: false, text: "12", any: 7 });
  });

  it.each([
    [VOLT, "", "needed"],
    [{ ...VOLT, default: 5 }, "", null],
    [VOLT, "three", "notANumber"],
    [VOLT, " ", "notANumber"],
    [VOLT, "30.1", "outOfRange"],
    [VOLT, "-0.1", "outOfRange"],
    [VOLT, "30", null],
    [{ ...ANY, type: "integer" as const }, "1.5", "notWhole"],
    [CHANNEL, "", null],
    [ANY, "anything", null],
  ])("%j: %j is wrong: %s", (spec, typed, wrong) => {
    expect(wrongWith(spec, typed)).toBe(wrong);
  });

  it("keeps a command from being run where any of it is wrong", () => {
    expect(anyWrong({ volt: VOLT, channel: CHANNEL }, { volt: "31" })).toBe(true);
    expect(anyWrong({ volt: VOLT, channel: CHANNEL }, { volt: "3" })).toBe(false);
  });
});

describe("an answer", () => {
  it.each([
    [3.29412345678, "3.29412"],
    [0.0000458254418, "0.0000458254"],
    [7, "7"],
    [true, "true"],
    ["SIM-DMM", "SIM-DMM"],
    [null, ""],
  ])("%j is shown as %j", (value, shown) => {
    expect(shownValue(value)).toBe(shown);
  });
});
