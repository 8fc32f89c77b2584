// A number that must be known before a run: the operator's, or the process's.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { usePreferences } from "../../shared/preferences";
import { Button } from "../../shared/Button";
import { Dialog } from "../../shared/Dialog";
import { Keypad } from "../../shared/Keypad";
import { begin, workAs } from "../actions";
import { closeDialog, type Intent } from "../flow";
import css from "./dialogs.module.css";

const LARGEST = 2_147_483_647;

export function OperatorEntry({ intent }: { intent: Intent | null }) {
  const { t } = useTranslation();

  function take(operator: number): void {
    workAs(operator);
    if (intent === null) closeDialog();
    else begin(intent);
  }

  return (
    <Dialog title={t("operator.title")} onClose={closeDialog}>
      <p>{t("operator.text")}</p>
      <NumberPad label={t("operator.title")} onNumber={take} />
    </Dialog>
  );
}

export function ProcessEntry({ intent }: { intent: Intent }) {
  const { t } = useTranslation();
  const processes = usePreferences((state) => state.processes);
  return (
    <Dialog title={t("process.title")} onClose={closeDialog}>
      <p>{t("process.text", { wip: intent.wip ?? "" })}</p>
      <div className={css["choices"]}>
        {processes.map((process) => (
          <Button key={process} big onClick={() => begin({ ...intent, process })}>
            {t("process.one", { number: process })}
          </Button>
        ))}
      </div>
      <NumberPad label={t("process.number")} onNumber={(process) => begin({ ...intent, process })} />
    </Dialog>
  );
}

function NumberPad({ label, onNumber }: { label: string; onNumber: (number: number) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const number = Number(text);
  const fits = text !== "" && number >= 1 && number <= LARGEST;
  return (
    <div className={css["numberPad"]}>
      <output className={css["shown"]} aria-label={label}>
        {text}
      </output>
      <Keypad keys="digits" without="-." value={text} onChange={setText} />
      <Button big tone="main" disabled={!fits} onClick={() => onNumber(number)}>
        {t("dialog.ok")}
      </Button>
    </div>
  );
}
