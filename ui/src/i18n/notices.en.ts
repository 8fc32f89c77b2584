// What the station says of itself, in English.
import type { NoticeTexts } from "./notices";

export const en: NoticeTexts = {
  STEP_CUT_OFF: (of) => `${of("step")} was cut off; somebody must choose how to go on.`,
  STEP_HALF_DONE: (of) => `${of("step")}: a fault of ${the(of("instrument"))} in the middle of the step. It may have done half of its work; somebody must choose how to go on.`,
  UNIT_CHANGED: (of) => `${of("step")} cannot go on: another unit lies in the slot, or nobody can tell. Somebody must choose how to go on.`,
  REPAIR_IN_VAIN: (of) =>
    of("tries") === "0"
      ? `${of("step")}: the fault of ${the(of("instrument"))} comes back after each repair; somebody must choose how to go on.`
      : `${of("step")}: ${the(of("instrument"))} was connected again ${of("tries")} times in vain; somebody must choose how to go on.`,
  CONNECTING_AGAIN: (of) => `${of("step")}: connecting ${the(of("instrument"))} again, try ${of("tries")}${of("limit") === "" ? "" : ` of ${of("limit")}`}`,
  STEPS_BESIDE_AWAITED: (of) => `${of("step")}: a fault of ${the(of("instrument"))}; waiting for the steps beside it to end.`,
  MAKING_SAFE: (of) => `${of("step")}: a fault of ${the(of("instrument"))}; making safe.`,
  PROCESS_AWAY: () => "Waiting for the slot's process.",
  ANSWER_AWAITED: (of) => (Number(of("count")) > 1 ? `Waiting for answers (${of("count")} questions).` : "Waiting for an answer."),
  PAUSED_BY: (of) => (of("by") === "" ? "Paused." : `Paused by ${of("by")}.`),
  OTHERS_AWAITED: (of) => `Waiting to begin ${of("step")} together${of("others") === "" ? "" : ` with ${of("others")}`}.`,
  INSTRUMENT_AWAITED: () => "Waiting for a shared instrument.",
  INSTRUMENT_HELD: (of) => `Waiting for the shared instrument ${of("instrument")}: ${of("batch")} has it since ${of("since")}.`,
  UNSAFE_RUN: () => "A test ended without a confirmed safe state.",
  UNSAFE_SESSION: () => "The instruments could not be made safe.",
  UNSAFE_MANUAL: () => "Manual control ended without a confirmed safe state.",
  UNSAFE_START: () => "The instruments could not be made safe when the process started.",
};

function the(instrument: string): string {
  return instrument === "" ? "an instrument" : instrument;
}
