// What the station says of itself, in the language of whoever looks: what holds a run up, why a slot is closed.
import type { components } from "../client/schema";
import type { Language } from "../shared/preferences";
import { en } from "./notices.en";
import { ko } from "./notices.ko";

export type Notice = components["schemas"]["Notice"];

/** A parameter of a sentence, as text; empty where it is not there. */
export type Of = (name: string) => string;
export type Sentences<Code extends string> = Readonly<Record<Code, (of: Of) => string>>;
/** Every language has a sentence for every code of the station: the compiler says so. */
export type NoticeTexts = Sentences<Notice["code"]>;

export const NOTICES: Record<Language, NoticeTexts> = { ko, en };

/** A sentence of the screen's, and somebody else's own words that belong to it; empty: there are none. */
export interface Said {
  sentence: string;
  own: string;
}

/** Say it; what a newer station says is shown in its own words. */
export function saidOf(notice: Pick<Notice, "params" | "text"> & { code: string }, language: Language): Said {
  const texts: Partial<Record<string, (of: Of) => string>> = NOTICES[language];
  const say = texts[notice.code];
  const of = paramsOf(notice.params);
  return say === undefined ? { sentence: "", own: notice.text } : { sentence: say(of), own: of("said") };
}

/** Read parameters as text. */
export function paramsOf(params: Readonly<Record<string, unknown>> | undefined): Of {
  return (name) => {
    const value = params?.[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
}
