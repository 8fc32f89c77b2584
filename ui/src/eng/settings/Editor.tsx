// The text of station.yaml with its line numbers.
import { useImperativeHandle, useRef, type Ref } from "react";
import { useTranslation } from "react-i18next";
import { countLines, spanOfLine } from "./lines";
import css from "./Settings.module.css";

export interface EditorHandle {
  goTo: (line: number) => void;
}

interface Props {
  text: string;
  /** Lines on which something is wrong. */
  wrong: ReadonlySet<number>;
  onText: (text: string) => void;
  ref: Ref<EditorHandle>;
}

const LINE_HEIGHT = 24;
const ABOVE = 5;

export function Editor({ text, wrong, onText, ref }: Props) {
  const { t } = useTranslation("eng");
  const area = useRef<HTMLTextAreaElement>(null);
  const numbers = useRef<HTMLDivElement>(null);
  useImperativeHandle(ref, () => ({
    goTo: (line) => {
      const field = area.current;
      if (field === null) return;
      field.focus();
      field.setSelectionRange(...spanOfLine(field.value, line));
      field.scrollTop = Math.max(0, line - ABOVE) * LINE_HEIGHT;
    },
  }));
  return (
    <div className={css["editor"]}>
      <div ref={numbers} className={css["numbers"]} aria-hidden="true">
        {Array.from({ length: countLines(text) }, (_, index) => (
          <div key={index} className={wrong.has(index + 1) ? css["wrong"] : undefined}>
            {wrong.has(index + 1) ? "✗ " : ""}
            {index + 1}
          </div>
        ))}
      </div>
      <textarea
        ref={area}
        className={css["area"]}
        aria-label={t("settings.text")}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        value={text}
        onChange={(event) => onText(event.currentTarget.value)}
        onScroll={(event) => {
          if (numbers.current !== null) numbers.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}
