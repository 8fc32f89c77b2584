// What the screen asks the station for, by name. The types are generated from the API's own description.
import type { components } from "./schema";
import { ask, askOnce } from "./rest";

type Schemas = components["schemas"];
export type BatchDetail = Schemas["BatchDetail"];
export type BatchStatus = Schemas["BatchStatus"];
export type StepView = Schemas["StepView"];
export type OpenPrompt = Schemas["OpenPrompt"];
export type Prompt = Schemas["Prompt"];
export type PromptField = Prompt["fields"][number];
export type Words = Schemas["Words"];
export type ScreenInfo = Schemas["ScreenInfo"];
export type RunAnswer = Schemas["RunAnswer"];
export type Started = Schemas["Started"];
export type StartRequest = Partial<Schemas["StartRequest"]>;
export type RunSummary = Schemas["RunSummary"];
export type Queue = Schemas["Queue"];
export type Outcome = NonNullable<StepView["outcome"]>;

export const station = {
  screenInfo: () => ask<ScreenInfo>("GET", "/api/system/screen"),
  batches: () => ask<BatchStatus[]>("GET", "/api/batches"),
  batch: (id: string) => ask<BatchDetail>("GET", `/api/batches/${encodeURIComponent(id)}`),
  lastRun: async (id: string): Promise<RunSummary | null> => {
    const wanted = new URLSearchParams({ batch_id: id, refused: "false", limit: "1" });
    return (await ask<Schemas["RunsPage"]>("GET", `/api/results?${wanted}`)).items[0] ?? null;
  },
  /** Seconds that the latest runs of a sequence took which passed. */
  durations: async (sequence: string, count: number): Promise<number[]> => {
    // A run that has just begun is not said yet to be of any.
    if (sequence === "") return [];
    const wanted = new URLSearchParams({ sequence_name: sequence, outcome: "PASSED", limit: String(count) });
    const { items } = await ask<Schemas["RunsPage"]>("GET", `/api/results?${wanted}`);
    return items.flatMap((run) => run.duration ?? []);
  },
  steps: (run: string) => ask<Schemas["StepRow"][]>("GET", `/api/results/${encodeURIComponent(run)}/steps`),
  /** How many runs came to what since then. */
  counts: async (since: string): Promise<{ passed: number; failed: number; errors: number }> => {
    const found = await ask<Schemas["Summary"]>("GET", `/api/statistics/summary?${new URLSearchParams({ since })}`);
    const outcomes = found.groups[0]?.outcomes ?? {};
    return { passed: outcomes["PASSED"] ?? 0, failed: outcomes["FAILED"] ?? 0, errors: outcomes["ERROR"] ?? 0 };
  },
  queue: () => ask<Queue>("GET", "/api/queue"),
  start: (id: string, request: StartRequest) =>
    askOnce<Started>(`/api/batches/${encodeURIComponent(id)}/sequence/start`, request),
  // Stopping twice is stopping once, so it is asked for again where no answer comes.
  stop: (id: string, reason = "") =>
    askOnce<RunAnswer>(`/api/batches/${encodeURIComponent(id)}/sequence/stop`, { reason }),
  stopAll: (reason = "") => askOnce<{ stopped: string[] }>("/api/batches/stop", { reason }),
  resume: (id: string) => ask<RunAnswer>("POST", `/api/batches/${encodeURIComponent(id)}/resume`, { body: {} }),
  recover: (id: string, choice: string) =>
    ask<RunAnswer>("POST", `/api/batches/${encodeURIComponent(id)}/recover`, { body: { choice } }),
  answer: (prompt: string, values: Record<string, unknown>) =>
    ask("POST", `/api/prompts/${encodeURIComponent(prompt)}/answer`, { body: { values } }),
};
