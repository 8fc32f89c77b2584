// A run that was cut off: what may be done about it. It is chosen by a person, never for anybody.
import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { ask } from "../../client/rest";
import type { LiveRun } from "../../live/slot";
import { useLive } from "../../live/store";
import { Failure } from "../parts/Asked";
import { useCommand } from "../parts/useCommand";
import { NoticedOr } from "../../shared/Own";
import css from "./Prompts.module.css";

const KNOWN = ["resume", "full_restart", "skip_failed", "abort"] as const;
type Known = (typeof KNOWN)[number];

interface Props {
  slot: string;
  name: string;
  run: LiveRun;
  may: boolean;
  onSaid: (text: string) => void;
}

export function RecoveryCard({ slot, name, run, may, onSaid }: Props) {
  const { t } = useTranslation("eng");
  const { t: common } = useTranslation();
  const fresh = useLive((state) => state.fresh);
  const [reason, setReason] = useState("");
  const command = useCommand(
    (choice: string) => ask("POST", `/api/batches/${encodeURIComponent(slot)}/recover`, { body: { choice, reason } }),
    (_, choice) => onSaid(t("prompts.chosen", { slot: name, choice: isKnown(choice) ? common(`recovery.${choice}`) : choice })),
  );
  return (
    <article className={css["card"]} aria-label={name}>
      <header className={css["head"]}>
        <h3>{name}</h3>
        <Link href={`/runs/${run.id}`} className={css["link"] ?? ""}>
          {run.wip ?? t("prompts.run")}
        </Link>
      </header>
      <p className={css["message"]}>
        <NoticedOr notice={run.waiting} text={run.waitingFor} />
      </p>
      {may ? <TextInput label={t("prompts.reason")} maxLength={1000} value={reason} onChange={(event) => setReason(event.currentTarget.value)} /> : null}
      {command.error === null ? null : <Failure error={command.error} />}
      <div className={css["choices"]}>
        {run.choices.map((choice) => (
          <Button key={choice} h="auto" py="xs" justify="flex-start" disabled={!may || !fresh || command.isPending} onClick={() => command.mutate(choice)}>
            <span className={css["choice"]}>
              {isKnown(choice) ? common(`recovery.${choice}`) : choice}
              {isKnown(choice) ? <small>{common(`recovery.${choice}Text`)}</small> : null}
            </span>
          </Button>
        ))}
      </div>
    </article>
  );
}

function isKnown(choice: string): choice is Known {
  return (KNOWN as readonly string[]).includes(choice);
}
