// Somebody else's own words, as they came: an instrument's error, a sequence author's sentence, an MES's reason.
import type { Notice } from "../i18n/notices";
import { saidOf } from "../i18n/notices";
import css from "./Own.module.css";
import { usePreferences } from "./preferences";

const HANGUL = /[\uAC00-\uD7A3]/;

/** Marked as a quotation, with its language, so that nobody takes it for the screen's. */
export function Own({ text }: { text: string }) {
  if (text === "") return null;
  return (
    <q className={css["own"]} lang={HANGUL.test(text) ? "ko" : "en"}>
      {text}
    </q>
  );
}

/** What the station says of itself, in the language of whoever looks, and the words it goes back to. */
export function Noticed({ notice }: { notice: Notice }) {
  const language = usePreferences((state) => state.language);
  const { sentence, own } = saidOf(notice, language);
  return (
    <>
      {sentence} <Own text={own} />
    </>
  );
}

/** A notice, or the words in which it came where there is none. */
export function NoticedOr({ notice, text }: { notice: Notice | null; text: string }) {
  return notice === null ? <Own text={text} /> : <Noticed notice={notice} />;
}
