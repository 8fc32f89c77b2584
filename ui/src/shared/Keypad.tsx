// Keys on the screen, for hands in gloves and stations without a keyboard.
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import css from "./Keypad.module.css";

const ROWS = {
  digits: ["123", "456", "789", "-0."],
  code: ["1234567890", "QWERTYUIOP", "ASDFGHJKL-", "ZXCVBNM_./"],
} as const;

interface Props {
  keys: keyof typeof ROWS;
  /** Characters that are left out. */
  without?: string;
  value: string;
  onChange: (value: string) => void;
}

export function Keypad({ keys, without = "", value, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <div className={css["pad"]} data-keys={keys}>
      <div className={css["keys"]}>
        {ROWS[keys].map((row) => (
          <div key={row} className={css["row"]}>
            {Array.from(row, (key) => (
              <Button
                key={key}
                className={without.includes(key) ? css["left-out"] : undefined}
                disabled={without.includes(key)}
                onClick={() => onChange(value + key)}
              >
                {key}
              </Button>
            ))}
          </div>
        ))}
      </div>
      <div className={css["rubbing"]}>
        <Button onClick={() => onChange(value.slice(0, -1))} aria-label={t("dialog.delete")}>
          ⌫
        </Button>
        <Button onClick={() => onChange("")}>{t("dialog.clear")}</Button>
      </div>
    </div>
  );
}
