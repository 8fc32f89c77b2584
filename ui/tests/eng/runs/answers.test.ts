// Answers are shown in the words they were asked in.
import { expect, it } from "vitest";
import type { PromptField } from "../../../src/client/station";
import { answerText, fieldName } from "../../../src/eng/runs/answers";

const WORDS = { yes: "예", no: "아니오", pass: "합격", fail: "불합격" };
const RED = { value: "r", label: { ko: "빨강", en: "Red" } };
const BLUE = { value: "b", label: { ko: "파랑", en: "Blue" } };

it.each<[PromptField["kind"], object, unknown, string]>([
  ["confirm", {}, true, "예"],
  ["pass_fail", {}, false, "불합격"],
  ["choice", { choices: [RED, BLUE] }, "b", "파랑"],
  ["choice", { choices: [RED] }, "gone", "gone"],
  ["multi_choice", { choices: [RED, BLUE] }, ["r", "b"], "빨강, 파랑"],
  ["multi_choice", { choices: [RED, BLUE] }, [], "–"],
  ["checklist", { items: [RED] }, ["r"], "빨강"],
  ["number", { unit: "kg" }, 1.5, "1.5 kg"],
  ["text", {}, "S-12", "S-12"],
])("%s", (kind, more, value, text) => {
  const field = { kind, name: "field", label: null, ...more } as unknown as PromptField;

  expect(answerText(field, value, "ko", WORDS)).toBe(text);
  expect(fieldName(field, "ko")).toBe("field");
});
