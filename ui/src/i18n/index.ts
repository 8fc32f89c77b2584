// The screen's languages. A key that is missing or misspelt does not compile.
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type { Language } from "../shared/preferences";
import { en } from "./en";
import type { EngTexts } from "../eng/texts/ko";
import { ko, type Resource } from "./ko";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    /** `eng` comes with the engineer's screens. */
    resources: { translation: Resource; eng: EngTexts };
    returnNull: false;
  }
}

/** Prepare the texts. */
export async function startTexts(language: Language): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: { ko: { translation: ko }, en: { translation: en } },
    interpolation: { escapeValue: false },
  });
  document.documentElement.lang = language;
}

/** Speak another language. */
export async function speak(language: Language): Promise<void> {
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
