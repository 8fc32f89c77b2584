// One thing a prompt asks for: large buttons for what can be pressed, keys for what must be entered.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PromptField } from "../../client/station";
import { Button } from "../../shared/Button";
import { Keypad } from "../../shared/Keypad";
import { usePreferences } from "../../shared/preferences";
import css from "./dialogs.module.css";

interface Props<Field extends PromptField = PromptField> {
  field: Field;
  value: unknown;
  disabled: boolean;
  /** Whether it is called by its name where it has no label: it is one of several. */
  named: boolean;
  /** Whether the keys on the screen are for this field; several sets of them would fill it. */
  active: boolean;
  onActive: () => void;
  onChange: (value: unknown) => void;
}

type Of<Kind extends PromptField["kind"]> = Extract<PromptField, { kind: Kind }>;

export function PromptFieldInput(props: Props) {
  const language = usePreferences((state) => state.language);
  const { field } = props;
  return (
    <fieldset className={css["field"]} disabled={props.disabled}>
      {field.label != null || props.named ? <legend>{field.label?.[language] ?? field.name}</legend> : null}
      {inputOf(props)}
    </fieldset>
  );
}

function inputOf({ field, ...rest }: Props) {
  switch (field.kind) {
    case "confirm":
    case "pass_fail":
      return <Either {...rest} field={field} />;
    case "choice":
      return <One {...rest} field={field} />;
    case "multi_choice":
      return <Several {...rest} options={field.choices} />;
    case "checklist":
      return <Several {...rest} options={field.items} all />;
    case "number":
      return <NumberInput {...rest} field={field} />;
    case "text":
      return <TextInput {...rest} field={field} />;
  }
}

function Either({ field, value, onChange }: Props<Of<"confirm"> | Of<"pass_fail">>) {
  const { t } = useTranslation();
  const verdict = field.kind === "pass_fail";
  return (
    <div className={css["two"]}>
      <Button big tone={verdict ? "pass" : "main"} aria-pressed={value === true} onClick={() => onChange(true)}>
        {verdict ? `✓ ${t("prompt.pass")}` : t("prompt.yes")}
      </Button>
      <Button big tone={verdict ? "fail" : "plain"} aria-pressed={value === false} onClick={() => onChange(false)}>
        {verdict ? `✗ ${t("prompt.fail")}` : t("prompt.no")}
      </Button>
    </div>
  );
}

function One({ field, value, onChange }: Props<Of<"choice">>) {
  const language = usePreferences((state) => state.language);
  return (
    <div className={css["choices"]}>
      {field.choices.map((choice) => (
        <Button key={choice.value} big chosen={value === choice.value} onClick={() => onChange(choice.value)}>
          {choice.label[language]}
        </Button>
      ))}
    </div>
  );
}

function Several({ options, all = false, value, onChange }: Pick<Props, "value" | "onChange"> & { options: Of<"checklist">["items"]; all?: boolean }) {
  const { t } = useTranslation();
  const language = usePreferences((state) => state.language);
  const chosen = Array.isArray(value) ? (value as string[]) : [];

  function toggle(option: string): void {
    onChange(chosen.includes(option) ? chosen.filter((other) => other !== option) : [...chosen, option]);
  }

  return (
    <div className={css["choices"]}>
      {options.map((option) => (
        <Button key={option.value} chosen={chosen.includes(option.value)} onClick={() => toggle(option.value)}>
          {chosen.includes(option.value) ? "☑ " : "☐ "}
          {option.label[language]}
        </Button>
      ))}
      {all ? <Button onClick={() => onChange(options.map((option) => option.value))}>{t("prompt.all")}</Button> : null}
    </div>
  );
}

function NumberInput({ field, value, active, onActive, onChange }: Props<Of<"number">>) {
  const { t } = useTranslation();
  const language = usePreferences((state) => state.language);
  const [text, setText] = useState(typeof value === "number" ? String(value) : "");
  const number = text.trim() === "" ? Number.NaN : Number(text);
  const outside = number < (field.min ?? -Infinity) || number > (field.max ?? Infinity);

  function take(typed: string): void {
    const cleaned = typed.replace(",", ".").replace(/[^0-9.eE+-]/g, "");
    setText(cleaned);
    const parsed = cleaned === "" ? Number.NaN : Number(cleaned);
    onChange(Number.isFinite(parsed) ? parsed : undefined);
  }

  return (
    <div className={css["measured"]}>
      <div className={css["entered"]}>
        <input
          className={css["input"]}
          inputMode="none"
          autoComplete="off"
          value={text}
          aria-label={field.label?.[language] ?? field.name}
          onFocus={onActive}
          onChange={(event) => take(event.target.value)}
        />
        <span>{rangeOf()}</span>
        {outside ? <p className={css["bad"]}>{t("prompt.outOfRange")}</p> : null}
      </div>
      {active ? <Keypad keys="digits" value={text} onChange={take} /> : null}
    </div>
  );

  function rangeOf(): string {
    const { min, max, unit } = field;
    if (min != null && max != null) return t("prompt.range", { low: min, high: max, unit });
    if (min != null) return t("prompt.atLeast", { low: min, unit });
    return max != null ? t("prompt.atMost", { high: max, unit }) : unit;
  }
}

function TextInput({ field, value, active, onActive, onChange }: Props<Of<"text">>) {
  const { t } = useTranslation();
  const language = usePreferences((state) => state.language);
  const text = typeof value === "string" ? value : "";
  return (
    <>
      <input
        className={css["input"]}
        autoComplete="off"
        spellCheck={false}
        maxLength={field.max_length}
        placeholder={t("prompt.scanOrType")}
        aria-label={field.label?.[language] ?? field.name}
        value={text}
        onFocus={onActive}
        onChange={(event) => onChange(event.target.value)}
      />
      {active ? <Keypad keys="code" value={text} onChange={onChange} /> : null}
    </>
  );
}
