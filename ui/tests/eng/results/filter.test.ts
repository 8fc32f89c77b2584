// The address says which runs are shown: a link shows the same, next and previous lead there and back.
import { describe, expect, it } from "vitest";
import { localOf as toField, momentOf as fromField } from "../../../src/eng/parts/chosen";
import { filterOf, nextOf, paramsOf, pathFor, placeOf, previousOf } from "../../../src/eng/results/filter";

const FILTER = { outcome: "FAILED,ERROR", wip_prefix: "WIP-", since: "2026-01-01T00:00:00.000Z" };

describe("a filter", () => {
  it("comes out of the address as it went in", () => {
    expect(filterOf(paramsOf(FILTER))).toEqual(FILTER);
    expect(paramsOf(FILTER).getAll("outcome")).toEqual(["FAILED", "ERROR"]);
  });

  it("leaves out what is empty or unknown", () => {
    expect(filterOf(new URLSearchParams("wip_id=&colour=red&batch_id=b"))).toEqual({ batch_id: "b" });
    expect(paramsOf({ wip_id: "  ", defect: "" }).toString()).toBe("");
  });

  it("narrows the export too", () => {
    expect(pathFor("/api/results/export", { batch_id: "b" }, { format: "json", bom: "" })).toBe("/api/results/export?batch_id=b&format=json");
  });
});

describe("the pages", () => {
  it("lead forth and back to where one began, with the filter", () => {
    const filter = { batch_id: "b" };
    const first = placeOf(new URLSearchParams("batch_id=b"));
    const second = new URLSearchParams(nextOf(filter, first, "c2"));
    const third = new URLSearchParams(nextOf(filter, placeOf(second), "c3"));

    expect([previousOf(filter, first), second.get("cursor"), third.get("cursor")]).toEqual([null, "c2", "c3"]);
    const back = new URLSearchParams(previousOf(filter, placeOf(third)) ?? "");
    expect([back.get("cursor"), back.get("batch_id")]).toEqual(["c2", "b"]);
    expect(previousOf(filter, placeOf(back))).toBe("?batch_id=b");
    expect(previousOf({}, placeOf(back))).toBe("");
  });

  it("keep the address short enough for every browser", () => {
    let search = new URLSearchParams();
    for (let page = 0; page < 200; page += 1) search = new URLSearchParams(nextOf({}, placeOf(search), "x".repeat(60)));

    expect(search.toString().length).toBeLessThan(4000);
  });
});

it("a time of the form is a time of the world", () => {
  expect(toField(fromField("2026-03-01T14:03"))).toBe("2026-03-01T14:03");
  expect([toField(undefined), toField("never"), fromField(""), fromField("never")]).toEqual(["", "", "", ""]);
});
