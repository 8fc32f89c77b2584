// Lines of station.yaml, and of what changes in it.
import { describe, expect, it } from "vitest";
import { countChanged, countLines, kindOf, spanOfLine } from "../../../src/eng/settings/lines";

const TEXT = "station:\n  id: a\n\nserver: {}";

describe("a line", () => {
  it.each([
    [1, "station:"],
    [2, "  id: a"],
    [3, ""],
    [4, "server: {}"],
    [9, ""],
  ])("%d is found in its text", (line, found) => {
    expect(TEXT.slice(...spanOfLine(TEXT, line))).toBe(found);
  });

  it("is counted as an editor counts", () => {
    expect([countLines(""), countLines("a"), countLines("a\n")]).toEqual([1, 1, 2]);
  });
});

describe("a diff", () => {
  const diff = ["@@ -1,2 +1,2 @@", " station:", "-  id: a", "+  id: b", "+  name: c"];

  it("says what becomes of each line", () => {
    expect(diff.map(kindOf)).toEqual(["place", "same", "removed", "added", "added"]);
    expect(countChanged(diff)).toBe(3);
  });
});
