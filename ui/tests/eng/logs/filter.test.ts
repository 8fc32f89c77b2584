// What is looked for in the log, as it is asked of the station.
import { describe, expect, it } from "vitest";
import { levelsOf, NAMES, pathOfLogs, type Filter } from "../../../src/eng/logs/filter";

const NOTHING = Object.fromEntries(NAMES.map((name) => [name, ""])) as Filter;

describe("the log", () => {
  it("is asked for without what was not chosen", () => {
    expect(pathOfLogs(NOTHING)).toBe("/api/logs?limit=200");
  });

  it("is asked for in the API's words, each level by itself", () => {
    const path = pathOfLogs({ ...NOTHING, batch: "b1", run: "R1", step: "rails", level: "warning,error", text: "a&b", cursor: "c" });
    const asked = new URLSearchParams(path.split("?")[1]);

    expect(Object.fromEntries(asked)).toMatchObject({ batch_id: "b1", execution_id: "R1", step: "rails", text: "a&b", cursor: "c" });
    expect(asked.getAll("level")).toEqual(["warning", "error"]);
  });

  it("that is followed begins with the newest line", () => {
    expect(pathOfLogs({ ...NOTHING, cursor: "c", follow: "1" })).not.toContain("cursor");
  });

  it("knows no levels but its own", () => {
    expect(levelsOf("error,loud,,debug")).toEqual(["debug", "error"]);
    expect(levelsOf("")).toEqual([]);
  });
});
