// Words that several of the engineer's screens share, in English.
import type { Texts } from "../../../i18n/ko";
import type * as ko from "./parts.ko";

export const sure: Texts<typeof ko.sure> = {
  reason: "Reason (needed)",
  reasonIfAny: "Reason (if you like)",
};
export const list: Texts<typeof ko.list> = {
  filter: "Filter",
  show: "Show",
  clear: "Clear the filter",
  older: "Older",
  newest: "Newest",
  since: "Since",
  until: "Until",
  all: "All",
};
