// When a run began, how long runs usually take, and how that is written.
import { describe, expect, it } from "vitest";
import { beganAt, medianOf, written } from "../../src/op/lasting";

describe("the beginning of a run", () => {
  it("is in its id", () => {
    expect(beganAt("01ARZ3NDEKTSV4RRFFQ69G5FAV")).toBe(1469922850259);
  });

  it.each(["", "RUN_1", "01ARZ3NDEKTSV4RRFFQ69G5FAU1", "81ARZ3NDEKTSV4RRFFQ69G5FAV"])("is not in %s", (id) => {
    expect(beganAt(id)).toBeNull();
  });
});

it("the median is the middle of all, in whatever order", () => {
  expect(medianOf([9, 1, 5])).toBe(5);
  expect(medianOf([4, 1, 3, 2])).toBe(2.5);
});

it.each([
  [0, "0:00"],
  [5.4, "0:05"],
  [59.6, "1:00"],
  [750, "12:30"],
  [3723, "1:02:03"],
])("%d seconds are written %s", (seconds, text) => {
  expect(written(seconds)).toBe(text);
});
