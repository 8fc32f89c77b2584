// What a run asks, with a field of its own for each thing that is asked.
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { type OpenPrompt } from "../../client/station";
import { useLive } from "../../live/store";
import { Button } from "../../shared/Button";
import { Dialog } from "../../shared/Dialog";
import { usePreferences } from "../../shared/preferences";
import { firstAnswers, giveAnswer, isAnswered, type Answers } from "../answering";
import { closeDialog, useFlow } from "../flow";
import { DialogStop } from "./DialogStop";
import { PromptFieldInput } from "./PromptFieldInput";
import css from "./dialogs.module.css";

export function PromptDialog({ slot: id }: { slot: string }) {
  const { t } = useTranslation();
  const name = useLive((state) => state.slots[id]?.name ?? id);
  const open = useLive((state) => state.slots[id]?.run?.prompts[0]);
  if (open === undefined) return null;
  return (
    <Dialog title={t("prompt.title", { slot: name })} onClose={closeDialog} aside={<DialogStop slot={id} />}>
      <Question key={open.id} slot={id} open={open} />
    </Dialog>
  );
}

function Question({ slot, open }: { slot: string; open: OpenPrompt }) {
  const { t } = useTranslation();
  const language = usePreferences((state) => state.language);
  const fresh = useLive((state) => state.fresh);
  const { fields, message, picture } = open.prompt;
  const [answers, setAnswers] = useState<Answers>(() => firstAnswers(fields));
  const [sending, setSending] = useState(false);
  const [active, setActive] = useState(() => fields.find((field) => field.kind === "text" || field.kind === "number")?.name);
  const only = fields.length === 1 ? fields[0] : undefined;
  const complete = fields.every((field) => isAnswered(field, answers[field.name]));

  // A scan goes into the first text field that is empty, or into the first.
  useEffect(() => {
    const texts = fields.filter((field) => field.kind === "text");
    if (texts.length === 0) return;
    useFlow.setState({
      sink: (code) => {
        setAnswers((before) => ({ ...before, [(texts.find((field) => !before[field.name]) ?? texts[0])?.name ?? ""]: code }));
        return true;
      },
    });
    return () => useFlow.setState({ sink: null });
  }, [fields]);

  async function send(values: Answers): Promise<void> {
    setSending(true);
    if (!(await giveAnswer(slot, open, values))) setSending(false);
  }

  return (
    <>
      <p className={css["message"]}>{message[language]}</p>
      {open.until != null ? <p className={css["until"]}>{t("prompt.until", { time: timeOf(open.until) })}</p> : null}
      {picture !== "" ? (
        <img className={css["picture"]} src={`/api/prompts/${encodeURIComponent(open.id)}/picture`} alt={t("prompt.picture")} />
      ) : null}
      {fields.map((field) => (
        <PromptFieldInput
          key={field.name}
          field={field}
          value={answers[field.name]}
          disabled={!fresh || sending}
          named={fields.length > 1}
          active={field.name === active}
          onActive={() => setActive(field.name)}
          onChange={(value) => {
            const values = { ...answers, [field.name]: value };
            setAnswers(values);
            // Where yes or no is all that is asked, pressing it is the answer.
            if (only?.kind === "confirm" || only?.kind === "pass_fail") void send(values);
          }}
        />
      ))}
      {only?.kind === "confirm" || only?.kind === "pass_fail" ? null : (
        <Button big tone="main" className={css["send"]} disabled={!complete || !fresh || sending} onClick={() => void send(answers)}>
          {t("dialog.send")}
        </Button>
      )}
    </>
  );
}

function timeOf(iso: string): string {
  return new Date(iso).toLocaleTimeString("sv-SE");
}
