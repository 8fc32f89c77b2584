// One prompt, with a field for each thing that is asked; the first answer counts, and that is said to whoever is second.
import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { ask, StationError } from "../../client/rest";
import type { components } from "../../client/schema";
import { station } from "../../client/station";
import { useLive } from "../../live/store";
import { firstAnswers, isAnswered, type Answers } from "../../op/answering";
import { PromptFieldInput } from "../../op/dialogs/PromptFieldInput";
import { usePreferences } from "../../shared/preferences";
import { Failure } from "../parts/Asked";
import { useTimes } from "../parts/format";
import { askAgain } from "../parts/queries";
import css from "./Prompts.module.css";

type PromptDetail = components["schemas"]["PromptDetail"];

interface Props {
  asked: PromptDetail;
  name: string;
  may: boolean;
  onSaid: (text: string) => void;
}

export function PromptCard({ asked, name, may, onSaid }: Props) {
  const { t } = useTranslation("eng");
  const { t: common } = useTranslation();
  const { clock } = useTimes();
  const language = usePreferences((state) => state.language);
  const fresh = useLive((state) => state.fresh);
  const title = useLive((state) => state.slots[asked.batch_id]?.run?.steps.find((step) => step.name === asked.step)?.title);
  const { fields, message, picture } = asked.prompt;
  const [answers, setAnswers] = useState<Answers>(() => firstAnswers(fields));
  const complete = fields.every((field) => isAnswered(field, answers[field.name]));
  const send = useMutation<unknown, StationError>({
    mutationFn: () => station.answer(asked.prompt_id, { ...answers }),
    onSuccess: () => onSaid(t("prompts.answered", { slot: name })),
    onError: async (error) => {
      if (error.code === "PROMPT_NOT_OPEN") onSaid(await whoWasFirst());
    },
    onSettled: () => askAgain("/api/prompts", "/api/batches"),
  });

  /** Somebody else answered while this was being looked at. */
  async function whoWasFirst(): Promise<string> {
    const { answered_by, closed_at } = await ask<PromptDetail>("GET", `/api/prompts/${encodeURIComponent(asked.prompt_id)}`);
    if (answered_by == null || closed_at == null) return t("prompts.closed", { slot: name });
    return t("prompts.answeredBy", { slot: name, name: answered_by, time: clock(closed_at) });
  }

  return (
    <form
      className={css["card"]}
      aria-label={name}
      onSubmit={(event) => {
        event.preventDefault();
        if (complete) send.mutate();
      }}
    >
      <header className={css["head"]}>
        <h3>{name}</h3>
        <Link href={`/runs/${asked.execution_id}`} className={css["link"] ?? ""}>
          {t("prompts.run")}
        </Link>
      </header>
      <p className={css["message"]}>{message[language]}</p>
      <p className={css["small"]}>{t("prompts.asked", { step: title || asked.step, time: clock(asked.asked_at) })}</p>
      {asked.until == null ? null : <p className={css["until"]}>{t("prompts.until", { time: clock(asked.until) })}</p>}
      {/^[0-9a-f]{64}$/.test(picture) ? (
        <img className={css["picture"]} src={`/api/results/${asked.execution_id}/attachments/${picture}`} alt={common("prompt.picture")} />
      ) : null}
      <div className={css["fields"]}>
        {fields.map((field) => (
          <PromptFieldInput
            key={field.name}
            field={field}
            value={answers[field.name]}
            disabled={!may || !fresh || send.isPending}
            named={fields.length > 1}
            active={false}
            onActive={() => undefined}
            onChange={(value) => setAnswers((before) => ({ ...before, [field.name]: value }))}
          />
        ))}
      </div>
      {send.error === null ? null : <Failure error={send.error} />}
      {may ? (
        <Button type="submit" variant="filled" disabled={!complete || !fresh || send.isPending}>
          {t("prompts.send")}
        </Button>
      ) : null}
      {fresh ? null : <p>{t("prompts.stale")}</p>}
    </form>
  );
}
