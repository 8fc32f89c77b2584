// Both languages say the same things with the same values in them. That no key is missing, the compiler says.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { en as engineersEn } from "../src/eng/texts/en";
import { FINDINGS, RARE_ERRORS } from "../src/eng/texts/codes";
import { ENGINEER_ERRORS } from "../src/eng/texts/errors";
import { ko as engineersKo } from "../src/eng/texts/ko";
import { en } from "../src/i18n/en";
import { ERRORS, sentenceOf } from "../src/i18n/errors";
import { ko } from "../src/i18n/ko";
import { NOTICES, saidOf } from "../src/i18n/notices";
import { problemSaid, type Problem } from "../src/eng/texts/problems";
import { wantedEn } from "../src/eng/texts/problems.en";
import { ko as koreanProblems, wantedKo } from "../src/eng/texts/problems.ko";

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
  // A test of the station's holds that page against everything it can send.
  const codes = known.split("\n").flatMap((line) => {
    const cell = line.startsWith("| ") ? (line.split("|")[1] ?? "") : "";
    return cell.match(/[A-Z][A-Z_]+/g) ?? [];
  });
  const errors = { ...ERRORS, ...ENGINEER_ERRORS, ...RARE_ERRORS, ...FINDINGS };
  const notices: readonly string[] = Object.keys(NOTICES.ko);
  const problems: readonly string[] = Object.keys(koreanProblems);
  // What the screen itself says where the station says nothing.
  const own = new Set(["NO_ANSWER"]);
  // States of a WIP, which the same page lists.
  const states = new Set(["CREATED", "IN_PROGRESS", "COMPLETED", "FAILED", "CONVERTED"]);

  it("is found on the page", () => {
    expect(codes.length).toBeGreaterThan(170);
  });

  it.each([...new Set(codes)].filter((code) => !states.has(code)))("%s has a sentence in both languages", (code) => {
    const sentences = [
      errors[code],
      notices.includes(code) ? { ko: noticeIn(code, "ko"), en: noticeIn(code, "en") } : undefined,
      problems.includes(code) ? { ko: problemIn(code, "ko"), en: problemIn(code, "en") } : undefined,
    ].filter((one) => one !== undefined);

    expect(sentences, "no sentence in ui/src/i18n or ui/src/eng/texts").not.toEqual([]);
    for (const { ko: korean, en: english } of sentences) {
      expect(korean).toMatch(/[가-힣]/);
      expect(english).toMatch(/[a-z]/);
      expect(english).not.toMatch(/[가-힣]/);
    }
  });

  it.each([...Object.keys(errors), ...notices, ...problems].filter((code) => !own.has(code)))("%s is one", (code) => {
    expect(codes).toContain(code);
  });

  it("that the screen does not know is shown in the station's own words", () => {
    expect(sentenceOf("OF_THE_FUTURE", "Its own words.", "ko")).toBe("Its own words.");
    expect(saidOf({ code: "OF_THE_FUTURE", params: {}, text: "its own words" }, "ko")).toEqual({ sentence: "", own: "its own words" });
  });

  it("carries what it speaks of, and somebody's own words apart", () => {
    const held = { code: "INSTRUMENT_HELD", params: { instrument: "dmm", batch: "b2", since: "14:03:22" }, text: "..." };
    const away = { code: "PROCESS_AWAY", params: { said: "nobody supervises it" }, text: "..." };

    expect(saidOf(held, "ko").sentence).toBe("공용 계측기 dmm 대기 중: b2 슬롯이 14:03:22부터 쓰고 있습니다.");
    expect(saidOf(away, "en")).toEqual({ sentence: "Waiting for the slot's process.", own: "nobody supervises it" });
  });
});

describe("what is wrong with a setting", () => {
  const port: Problem = {
    line: 3, path: "server.port", variable: "", text: "must be a whole number from 1 to 65535, not 70000",
    code: "SETTING_WRONG", params: { given: { kind: "value", value: "70000", meant: null } },
    wanted: [{ kind: "integer", low: 1, high: 65535 }],
  };

  it("is said with its bounds and what stands there", () => {
    expect(problemSaid(port, "ko").sentence).toBe("필요한 값: 정수(1~65535). 지금 값: 70000.");
    expect(problemSaid(port, "en").sentence).toBe("It must be a whole number from 1 to 65535, not 70000.");
  });

  it("is told in the station's words where a newer station says it", () => {
    const future = { ...port, code: "OF_THE_FUTURE" as Problem["code"] };

    expect(problemSaid(future, "ko")).toEqual({ sentence: "", own: port.text });
  });

  it.each(Object.keys(wantedKo) as (keyof typeof wantedKo)[])("may be of the kind %s in both languages", (kind) => {
    expect(wantedKo[kind]({ kind })).not.toBe("");
    expect(wantedEn[kind]({ kind })).not.toBe("");
  });
});

function noticeIn(code: string, language: "ko" | "en"): string {
  return saidOf({ code, params: {}, text: "" }, language).sentence;
}

function problemIn(code: string, language: "ko" | "en"): string {
  const problem: Problem = { line: null, path: "", variable: "", text: "", code: code as Problem["code"], params: {}, wanted: [] };
  return problemSaid(problem, language).sentence;
}
