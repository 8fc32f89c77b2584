// Why something went wrong: what its code means, and the words in which it was reported.
import { wordsOf } from "../i18n/errors";
import { Own } from "./Own";
import { usePreferences } from "./preferences";

export function Fault({ fault }: { fault: { code: string; message: string } }) {
  const language = usePreferences((state) => state.language);
  const { sentence, own } = wordsOf(fault.code, fault.message, language);
  return (
    <>
      {sentence} <Own text={own} />
    </>
  );
}
