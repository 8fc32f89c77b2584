// One thing that is owed to the MES, in the words of the screen.
import type { components } from "../../client/schema";

export type QueueItem = components["schemas"]["QueueItem"];

export const ACTIONS = ["start_process", "complete_process", "convert_to_serial"] as const;
export type Action = (typeof ACTIONS)[number];

export function actionOf(item: QueueItem): Action | null {
  return ACTIONS.find((one) => one === item.action) ?? null;
}

/** Whether a person must say what became of the unit before it can be sent. */
export function needsResult(item: QueueItem): boolean {
  return item.code === "NEEDS_DISPOSITION";
}

/** What it waits for: a moment, the one before it, a person, or nothing that is known. */
export function waitsFor(item: QueueItem): "moment" | "before" | "person" | "soon" {
  if (item.state === "parked") return "person";
  if (item.place > 1) return "before";
  return item.next_try == null ? "soon" : "moment";
}
