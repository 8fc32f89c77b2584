// The log's screen in English.
import type { Texts } from "../../../i18n/ko";
import type * as ko from "./logs.ko";

export const logs: Texts<typeof ko.logs> = {
  title: "Log",
  batch: "Slot",
  run: "Id of the run",
  step: "Step",
  level: "Level",
  levels: { debug: "Debug", info: "Info", warning: "Warning", error: "Error", critical: "Critical" },
  text: "Holds the text",
  time: "Time",
  message: "Message",
  follow: "Follow",
  following: "New lines appear at the top.",
  unfinished: "The search has not come to its end. “Older” goes on searching.",
};
