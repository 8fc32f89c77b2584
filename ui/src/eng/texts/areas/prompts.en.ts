// The prompts and recovery choices in English.
import type { EngTexts } from "../ko";

export const prompts: EngTexts["prompts"] = {
  title: "Prompts and choices",
  slot: "Slot",
  all: "All slots",
  open: "Prompts that wait for an answer",
  recovery: "Runs that were cut off: what now?",
  none: "Nothing is asked.",
  asked: "Step {{step}} · asked at {{time}}",
  until: "Answer before {{time}}",
  send: "Send the answer",
  noRight: "You may not answer. Log in as an operator.",
  run: "Show run",
  answered: "{{slot}}: the answer was taken.",
  answeredBy: "{{slot}}: {{name}} answered at {{time}} already.",
  closed: "{{slot}}: this prompt needs no answer any more.",
  chosen: "{{slot}}: {{choice}}",
  reason: "Reason (kept in the audit)",
  stale: "No connection, so nothing can be answered.",
};
