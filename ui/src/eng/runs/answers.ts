// What a prompt was answered, in the words it was asked in.
import type { PromptField } from "../../client/station";
import { written } from "../../shared/limits";
import type { Language } from "../../shared/preferences";

export interface AnswerWords {
  yes: string;
  no: string;
  pass: string;
  fail: string;
}

/** What a field is called. */
export function fieldName(field: PromptField, language: Language): string {
  return field.label?.[language] ?? field.name;
}

/** What a field was answered. */
export function answerText(field: PromptField, value: unknown, language: Language, words: AnswerWords): string {
  switch (field.kind) {
    case "confirm":
      return value === true ? words.yes : words.no;
    case "pass_fail":
      return value === true ? words.pass : words.fail;
    case "choice":
      return labelOf(field.choices, value, language);
    case "multi_choice":
      return listed(field.choices, value, language);
    case "checklist":
      return listed(field.items, value, language);
    case "number":
      return written(value, field.unit);
    case "text":
      return written(value);
  }
}

type Option = Extract<PromptField, { kind: "choice" }>["choices"][number];

function listed(options: readonly Option[], value: unknown, language: Language): string {
  if (!Array.isArray(value) || value.length === 0) return "–";
  return value.map((one) => labelOf(options, one, language)).join(", ");
}

function labelOf(options: readonly Option[], value: unknown, language: Language): string {
  return options.find((option) => option.value === value)?.label[language] ?? written(value);
}
