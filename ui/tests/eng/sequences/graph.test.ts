// A sequence as a graph: only the lines that say something, and every step with its place.
import { describe, expect, it } from "vitest";
import { layoutOf, NODE } from "../../../src/eng/sequences/graph/layout";
import { standingsOf } from "../../../src/eng/sequences/graph/live";
import { edgesOf, reducedNeeds, widthOf, type GraphStep } from "../../../src/eng/sequences/graph/model";
import { diffLines } from "../../../src/eng/sequences/diffLines";
import type { LiveRun } from "../../../src/live/slot";

function step(name: string, needs: string[] = [], cleanup = false): GraphStep {
  return { name, needs, cleanup };
}

const IN_ORDER = ["a", "b", "c", "d"].map((name, index, all) => step(name, all.slice(0, index)));
const PARALLEL = [
  step("open"),
  step("left", ["open"]),
  step("right", ["open"]),
  step("close", ["open", "left", "right"]),
  step("report", ["left"]),
  step("off", [], true),
  step("tidy", ["off"], true),
];

describe("the lines of a graph", () => {
  it("that runs in order are those from each step to the next", () => {
    expect(edgesOf(IN_ORDER)).toEqual([
      { from: "a", to: "b", kind: "needs" },
      { from: "b", to: "c", kind: "needs" },
      { from: "c", to: "d", kind: "needs" },
    ]);
  });

  it("leave out what follows from the others, and go on to the cleanup when all else is over", () => {
    expect(edgesOf(PARALLEL).map(({ from, to, kind }) => `${from} ${to} ${kind}`)).toEqual([
      "open left needs",
      "open right needs",
      "left close needs",
      "right close needs",
      "left report needs",
      "off tidy needs",
      "close off cleanup",
      "report off cleanup",
    ]);
  });

  it("of a need that no step has are not drawn", () => {
    expect(reducedNeeds([step("a", ["gone"])]).get("a")).toEqual([]);
  });

  it("of a hundred steps that all wait for all before them are found at once", () => {
    const many = Array.from({ length: 100 }, (_, index) => step(`s${index}`, Array.from({ length: index }, (_, n) => `s${n}`)));

    expect(edgesOf(many)).toHaveLength(99);
  });
});

it("as many steps run at the same time as stand beside each other", () => {
  expect(widthOf(IN_ORDER)).toBe(1);
  expect(widthOf(PARALLEL)).toBe(2);
  expect(widthOf([])).toBe(0);
});

describe("the places of a graph", () => {
  const { places } = layoutOf(PARALLEL);
  const at = (name: string) => places.get(name) ?? { x: NaN, y: NaN };

  it("go down from step to step", () => {
    for (const { from, to } of edgesOf(PARALLEL)) expect(at(to).y).toBeGreaterThanOrEqual(at(from).y + NODE.height);
  });

  it("are beside each other in the order of the steps, and never on each other", () => {
    expect(at("left").y).toBe(at("right").y);
    expect(at("right").x).toBeGreaterThanOrEqual(at("left").x + NODE.width);
  });
});

it("each step stands as the run has it", () => {
  const told = (name: string, running: boolean, outcome: "PASSED" | null) => ({ name, title: "", index: 0, attempt: 2, running, outcome });
  const run = { steps: [told("a", false, "PASSED"), told("b", true, "PASSED"), told("c", false, null)] } as LiveRun;

  expect([...standingsOf(run)]).toEqual([
    ["a", { state: "over", outcome: "PASSED", attempt: 2 }],
    ["b", { state: "running", outcome: null, attempt: 2 }],
    ["c", { state: "waiting", outcome: null, attempt: 2 }],
  ]);
});

it("a patch is told line by line, without the names of its files", () => {
  const patch = "--- before/x.py\n+++ after/x.py\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n--- no name";

  expect(diffLines(patch).map(({ kind }) => kind)).toEqual(["place", "same", "removed", "added", "removed"]);
  expect(diffLines("")).toEqual([]);
});
