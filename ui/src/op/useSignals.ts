// What is heard when something happens on a slot, and what is forgotten when a run ends.
import { useEffect } from "react";
import { onEvent } from "../live/store";
import type { Event } from "../live/protocol";
import type { Sound } from "../sound/tones";
import { refuse, sound } from "./actions";
import { useFlow } from "./flow";
import { sentenceOf } from "../i18n/errors";
import { usePreferences } from "../shared/preferences";

const OF_OUTCOME: Record<string, Sound> = { PASSED: "passed", FAILED: "failed", ERROR: "error", ABORTED: "error" };

export function useSignals(): void {
  useEffect(() => onEvent(hear), []);
}

function hear(event: Event): void {
  switch (event.type) {
    case "sequence_complete":
      sound(OF_OUTCOME[event.data.result.outcome] ?? "error");
      useFlow.setState(({ stopping }) => ({ stopping: stopping.filter((slot) => slot !== event.batch_id) }));
      break;
    case "run_accepted":
      useFlow.setState(({ stopping }) => ({ stopping: stopping.filter((slot) => slot !== event.batch_id) }));
      break;
    case "run_refused":
      refuse(sentenceOf(event.data.reason.code, event.data.reason.message, usePreferences.getState().language));
      break;
    case "prompt":
      sound("attention");
      break;
    case "batch_status":
      if (event.data.state === "interrupted") sound("attention");
      break;
    default:
      break;
  }
}
