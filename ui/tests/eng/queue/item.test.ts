// What something that is owed to the MES waits for.
import { describe, expect, it } from "vitest";
import { actionOf, needsResult, waitsFor, type QueueItem } from "../../../src/eng/queue/item";

const ITEM: QueueItem = {
  item_id: "R1/start_process", execution_id: "R1", batch_id: "b", action: "start_process", wip_id: "W", process_id: 1,
  result: null, state: "pending", retry_count: 0, last_error: "", code: "", reason: "", reason_ko: "",
  created_at: "2026-03-01T10:00:00Z", age: 1, place: 1, next_try: null,
};

describe("an item", () => {
  it.each([
    [{ next_try: "2026-03-01T10:01:00Z" }, "moment"],
    [{}, "soon"],
    [{ place: 2, next_try: null }, "before"],
    [{ state: "parked", next_try: null }, "person"],
    [{ state: "parked", place: 2 }, "person"],
  ])("%j waits for: %s", (more, what) => {
    expect(waitsFor({ ...ITEM, ...more })).toBe(what);
  });

  it("needs to be told what became of the unit only where nobody knows", () => {
    expect(needsResult({ ...ITEM, code: "NEEDS_DISPOSITION" })).toBe(true);
    expect(needsResult({ ...ITEM, code: "WIP_NOT_FOUND" })).toBe(false);
  });

  it("of an unknown kind is shown by its own word", () => {
    expect(actionOf(ITEM)).toBe("start_process");
    expect(actionOf({ ...ITEM, action: "other" })).toBeNull();
  });
});
