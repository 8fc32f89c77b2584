// How much room a value has in its limit.
import { describe, expect, it } from "vitest";
import { marginOf } from "../../../src/eng/runs/margin";
import { measured } from "./sample";

describe("the margin of a value", () => {
  it.each([
    ["in the middle", 5.0, 4, 6, 0.5],
    ["near the upper end", 5.8, 4, 6, 0.1],
    ["on an end", 4, 4, 6, 0],
    ["out of it", 7, 4, 6, -0.5],
    ["below one end", 15, null, 20, 0.25],
    ["above one end", 15, 10, null, 0.5],
    ["beyond a negative end", -8, null, -10, -0.2],
  ])("%s", (_, value, low, high, margin) => {
    expect(marginOf(measured("m", value, low, high))).toBeCloseTo(margin, 9);
  });

  it("is none where the limit has no width, no numbers, or is zero", () => {
    expect(marginOf(measured("m", 5, 5, 5))).toBeNull();
    expect(marginOf(measured("m", 5, null, 0))).toBeNull();
    expect(marginOf(measured("m", "nan", 4, 6))).toBeNull();
    expect(marginOf({ value: true, limit: { kind: "equals", expected: true } })).toBeNull();
  });
});
