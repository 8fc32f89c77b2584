// What is wrong with the settings, in the language of whoever looks.
import type { components } from "../../client/schema";
import { paramsOf, type Of, type Said } from "../../i18n/notices";
import type { Language } from "../../shared/preferences";
import { en } from "./problems.en";
import { ko } from "./problems.ko";

type Schemas = components["schemas"];
export type Problem = Schemas["SettingsProblem"];
export type ProblemCode = Schemas["ProblemCode"];

/** What must stand there, and what does. */
export interface Told extends Of {
  wanted: readonly Alternative[];
  given: Given | null;
  is: (name: string) => boolean;
}

/** One of the things a setting may be, with its bounds. */
export type Alternative = Schemas["WantedValue"];

/** What stands where something else must. */
export interface Given {
  kind: string;
  value?: string;
  meant?: string | null;
}

export type ProblemTexts = Readonly<Record<ProblemCode, (told: Told) => string>>;
/** Every kind of value has its words. */
export type WantedTexts = Readonly<Record<Schemas["Wanted"], (of: Alternative) => string>>;

const TEXTS: Record<Language, ProblemTexts> = { ko, en };

/** Say what is wrong; what has no words of its own is told in the station's. */
export function problemSaid(problem: Problem, language: Language): Said {
  const texts: Partial<Record<string, (told: Told) => string>> = TEXTS[language];
  const say = texts[problem.code];
  const params = problem.params;
  return say === undefined ? { sentence: "", own: problem.text } : { sentence: say(toldOf(problem)), own: paramsOf(params)("said") };
}

function toldOf({ params, wanted }: Problem): Told {
  return Object.assign(paramsOf(params), {
    wanted,
    given: (params["given"] ?? null) as Given | null,
    is: (name: string) => params[name] === true,
  });
}
