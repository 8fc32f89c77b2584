// How the steps of the graph stand in the run of a slot.
import type { Outcome } from "../../../client/station";
import type { LiveRun } from "../../../live/slot";

export interface Standing {
  state: "waiting" | "running" | "over";
  outcome: Outcome | null;
  attempt: number;
}

/** By the name of the step; a step that the run does not have is not here. */
export function standingsOf(run: LiveRun): Map<string, Standing> {
  return new Map(
    run.steps.map((step) => [
      step.name,
      {
        state: step.running ? "running" : step.outcome === null ? "waiting" : "over",
        outcome: step.running ? null : step.outcome,
        attempt: step.attempt,
      },
    ]),
  );
}
