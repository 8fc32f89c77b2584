// Where a value lies in its limits, as the station writes them.
import { describe, expect, it } from "vitest";
import { HIGH_AT, LOW_AT, endsOf, limitWritten, placeOf, written } from "../../src/shared/limits";

describe("the ends of a limit", () => {
  it.each([
    ["4.85 .. 5.15", { low: 4.85, high: 5.15 }],
    ["-1e-06 .. 2.5e+20", { low: -1e-6, high: 2.5e20 }],
    ["<= 30", { low: null, high: 30 }],
    [">= -0.5", { low: -0.5, high: null }],
    ["200 ± 5 %", { low: 190, high: 210 }],
    ["-inf .. 5", { low: null, high: 5 }],
    ["any number", null],
    ["= 'OK'", null],
    ["/v1.*/", null],
    ["", null],
  ])("are read from %s", (text, ends) => {
    expect(endsOf(text)).toEqual(ends);
  });

  it("are taken from how a limit is kept", () => {
    expect(endsOf({ kind: "range", low: null, high: 5 })).toEqual({ low: null, high: 5 });
    expect(endsOf({ kind: "within_percent", nominal: -100, percent: 10 })).toEqual({ low: -110, high: -90 });
    expect(endsOf({ kind: "equals", expected: 3 })).toBeNull();
    expect(endsOf(null)).toBeNull();
  });
});

describe("the place of a value", () => {
  it("is between the marks where the value is within, and outside where it is not", () => {
    const ends = { low: 10, high: 20 };

    expect(placeOf(10, ends)).toBe(LOW_AT);
    expect(placeOf(15, ends)).toBe(50);
    expect(placeOf(20, ends)).toBe(HIGH_AT);
    expect(placeOf(21, ends)).toBeGreaterThan(HIGH_AT);
    expect(placeOf(-1e9, ends)).toBe(2);
  });

  it.each([
    [{ low: null, high: 30 }, 29, 31],
    [{ low: null, high: -5 }, -6, -4],
    [{ low: null, high: 0 }, -0.1, 0.1],
  ])("is left of the upper end alone of %o", (ends, within, without) => {
    expect(placeOf(within, ends)).toBeLessThan(HIGH_AT);
    expect(placeOf(without, ends)).toBeGreaterThan(HIGH_AT);
  });

  it.each([
    [{ low: 3, high: null }, 3.1, 2.9],
    [{ low: -3, high: null }, -2.9, -3.1],
    [{ low: 0, high: null }, 0.1, -0.1],
  ])("is right of the lower end alone of %o", (ends, within, without) => {
    expect(placeOf(within, ends)).toBeGreaterThan(LOW_AT);
    expect(placeOf(without, ends)).toBeLessThan(LOW_AT);
  });

  it("exists where both ends are the same", () => {
    expect(placeOf(5, { low: 5, high: 5 })).toBe(50);
  });
});

it("values and limits are written as engineers write them", () => {
  expect(written(12.0012345, "V")).toBe("12.001 V");
  expect(written("OK 1.0.2")).toBe("OK 1.0.2");
  expect(limitWritten({ kind: "range", low: 4.85, high: null })).toBe(">= 4.85");
  expect(limitWritten({ kind: "equals", expected: true })).toBe("true");
  expect(limitWritten("4.9 .. 5.1")).toBe("4.9 .. 5.1");
});
