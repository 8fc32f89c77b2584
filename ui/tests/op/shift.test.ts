import { expect, test } from "vitest";
import { beginningOf } from "../../src/op/shift";

const NOW = new Date(2026, 2, 1, 14, 3, 22);

function hoursAgo(hours: number): string {
  return new Date(NOW.getTime() - hours * 3_600_000).toISOString();
}

test("a shift begins when the operator's number is entered", () => {
  expect(beginningOf(hoursAgo(5), NOW)).toEqual({ from: new Date(hoursAgo(5)), entered: true });
});

test("a night shift goes on past midnight", () => {
  const night = new Date(2026, 2, 2, 2, 0, 0);
  const entered = new Date(2026, 2, 1, 22, 0, 0);

  expect(beginningOf(entered.toISOString(), night)).toEqual({ from: entered, entered: true });
});

test.each([null, hoursAgo(17), hoursAgo(-1), "nonsense"])("%s is no beginning: the day is counted", (since) => {
  expect(beginningOf(since, NOW)).toEqual({ from: new Date(2026, 2, 1), entered: false });
});
