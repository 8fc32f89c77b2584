// The audit's screen in English.
import type { Texts } from "../../../i18n/ko";
import type * as ko from "./audit.ko";

export const audit: Texts<typeof ko.audit> = {
  title: "Audit",
  actor: "Who",
  action: "Did what",
  target: "To what",
  time: "Time",
  number: "Number",
  reason: "Reason",
  data: "Details",
  verify: "Verify the chain",
  verifying: "Every entry is looked at, from the first to the last.",
  whole: "The audit is whole: {{entries}} entries, the last is number {{head}}",
  hash: "Its last hash (noted elsewhere, it can be compared later)",
  broken: "The chain breaks at entry {{id}}.",
  brokenHelp: "The database was changed by something else than the station. Keep it and its backups, and tell an administrator.",
};
