// Both languages say the same things with the same values in them. That no key is missing, the compiler says.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { en as engineersEn } from "../src/eng/texts/en";
import { ENGINEER_ERRORS } from "../src/eng/texts/errors";
import { ko as engineersKo } from "../src/eng/texts/ko";
import { en } from "../src/i18n/en";
import { ERRORS, sentenceOf } from "../src/i18n/errors";
import { ko } from "../src/i18n/ko";

function leaves(tree: object, path = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]: [string, string | object]) =>
    typeof value === "string" ? [[`${path}${key}`, value] as [string, string]] : leaves(value, `${path}${key}.`),
  );
}

function values(text: string): string[] {
  return Array.from(text.matchAll(/\{\{(\w+)\}\}/g), (match) => match[1] ?? "").sort();
}

describe.each([
  { whose: "the operator's", korean: ko, english: en },
  { whose: "the engineer's", korean: engineersKo, english: engineersEn },
])("a text of $whose", ({ korean: inKorean, english: inEnglish }) => {
  const english = new Map(leaves(inEnglish));

  it.each(leaves(inKorean))("%s speaks of the same in both languages", (key, korean) => {
    expect(values(english.get(key) ?? "missing")).toEqual(values(korean));
    expect(korean.trim()).not.toBe("");
  });
});

describe("a code of the station", () => {
  const known = readFileSync(new URL("../../docs/reference/errors.md", import.meta.url), "utf-8");
  // What the screen itself says where the station says nothing.
  const own = new Set(["NO_ANSWER"]);

  it.each(Object.keys({ ...ERRORS, ...ENGINEER_ERRORS }).filter((code) => !own.has(code)))("%s is one", (code) => {
    expect(known).toContain(code);
  });

  it("that the screen does not know is shown in the station's own words", () => {
    expect(sentenceOf("OF_THE_FUTURE", "Its own words.", "ko")).toBe("Its own words.");
  });
});
