// A field for a code: what is typed in Hangul mode is turned back into the keys that were meant, and that is said.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { codeTyped, hasHangul } from "../scanner/jamo";
import css from "./Field.module.css";

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  onEnter: () => void;
}

export function CodeField({ label, value, onChange, onEnter }: Props) {
  const { t } = useTranslation();
  // While letters are being put together, the input method's text is left alone.
  const [composing, setComposing] = useState<string | null>(null);
  const [converted, setConverted] = useState(false);

  function take(text: string): void {
    setConverted((before) => (text === "" ? false : before || hasHangul(text)));
    onChange(codeTyped(text));
  }

  return (
    <label className={css["field"]}>
      <span>{label}</span>
      <input
        lang="en"
        inputMode="none"
        autoCapitalize="characters"
        autoComplete="off"
        spellCheck={false}
        className={css["input"]}
        value={composing ?? value}
        onCompositionStart={(event) => setComposing(event.currentTarget.value)}
        onCompositionEnd={(event) => {
          setComposing(null);
          take(event.currentTarget.value);
        }}
        onChange={(event) => (composing === null ? take(event.target.value) : setComposing(event.target.value))}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.nativeEvent.isComposing) onEnter();
        }}
      />
      {converted ? <span className={css["note"]}>{t("manualEntry.converted", { code: value })}</span> : null}
    </label>
  );
}
