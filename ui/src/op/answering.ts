// Answers to what runs ask.
import i18next from "i18next";
import { station, type OpenPrompt, type PromptField } from "../client/station";
import { useLive } from "../live/store";
import { attempt, refuse, sound } from "./actions";
import { closeDialog, useFlow } from "./flow";

/** What is answered so far, by field; a field that is missing is not answered yet. */
export type Answers = Readonly<Record<string, unknown>>;

/** What a field is answered with before anybody touches it: nothing ticked is an answer, nothing said is none. */
export function firstAnswers(fields: readonly PromptField[]): Answers {
  return Object.fromEntries(
    fields.flatMap((field) => (field.kind === "checklist" || field.kind === "multi_choice" ? [[field.name, []]] : [])),
  );
}

/** Whether an answer is one the field takes; the station checks it again. */
export function isAnswered(field: PromptField, value: unknown): boolean {
  switch (field.kind) {
    case "text": {
      const text = typeof value === "string" ? value.trim() : "";
      return text.length >= field.min_length && text.length <= field.max_length;
    }
    case "number":
      return typeof value === "number" && value >= (field.min ?? -Infinity) && value <= (field.max ?? Infinity);
    case "choice":
      return typeof value === "string";
    case "multi_choice": {
      const count = Array.isArray(value) ? value.length : 0;
      return count >= field.min_count && count <= (field.max_count ?? field.choices.length);
    }
    case "confirm":
    case "pass_fail":
      return typeof value === "boolean";
    case "checklist":
      return Array.isArray(value);
  }
}

/** Give the one answer to a prompt; tells whether it was taken. */
export async function giveAnswer(batch: string, prompt: OpenPrompt, answers: Answers): Promise<boolean> {
  const done = await attempt(() => station.answer(prompt.id, { ...answers }));
  if (!done) return false;
  sound("accepted");
  closeDialog();
  const run = useLive.getState().slots[batch]?.run;
  // It is shown at once; the event says the same a moment later.
  if (run) useLive.setState(({ slots }) => withoutPrompt(slots, batch, prompt.id));
  return true;
}

function withoutPrompt(slots: ReturnType<typeof useLive.getState>["slots"], batch: string, id: string) {
  const slot = slots[batch];
  if (!slot?.run) return {};
  const run = { ...slot.run, prompts: slot.run.prompts.filter((open) => open.id !== id) };
  return { slots: { ...slots, [batch]: { ...slot, run } } };
}

/** The card's OK and NG: answers the one question that can be answered so. */
export function answerShortly(yes: boolean): void {
  const { slots, order } = useLive.getState();
  const { dialog } = useFlow.getState();
  const asking = order.filter((id) => (slots[id]?.run?.prompts.length ?? 0) > 0);
  const slot = dialog?.kind === "prompt" ? dialog.slot : asking.length === 1 ? asking[0] : undefined;
  const prompt = slot === undefined ? undefined : slots[slot]?.run?.prompts[0];
  const field = prompt?.prompt.fields.length === 1 ? prompt.prompt.fields[0] : undefined;
  if (slot === undefined || prompt === undefined || (field?.kind !== "confirm" && field?.kind !== "pass_fail")) {
    return refuse(i18next.t("scan.nothingToAnswer"));
  }
  void giveAnswer(slot, prompt, { [field.name]: yes });
}

