// One slot: how it stands, what it does now and how that goes, what it came to before.
import { Progress } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { components } from "../../client/schema";
import { saidOf, type Notice } from "../../i18n/notices";
import type { LiveRun, Slot } from "../../live/slot";
import { limitWritten, written } from "../../shared/limits";
import { usePreferences } from "../../shared/preferences";
import { elapsed, useTimes } from "../parts/format";
import { pathOf, useAnswer } from "../parts/queries";
import { useNow } from "../../shared/useNow";
import { LimitBar } from "../../shared/LimitBar";
import { LastOutcomes } from "./LastOutcomes";
import { ProcessLine } from "./ProcessLine";
import { SlotActions } from "./SlotActions";
import { NoticedOr, Own } from "../../shared/Own";
import css from "./SlotCard.module.css";
import { StateBadge } from "./StateBadge";
import { stepOf, waitsFor, type BatchStatus, type Used } from "./standing";
import type { Wish } from "./dialogs/SlotDialog";

interface Props {
  slot: Slot;
  /** What no event tells of; undefined until it is here. */
  status: BatchStatus | undefined;
  /** What the next run uses. */
  sequence: Used | null;
  onWish: (wish: Wish) => void;
  onSaid: (text: string) => void;
}

const LAST = 7;

export function SlotCard({ slot, status, sequence, onWish, onSaid }: Props) {
  const { t } = useTranslation("eng");
  const path = pathOf("/api/results", { batch_id: slot.id, refused: false, limit: LAST });
  const runs = useAnswer<components["schemas"]["RunsPage"]>(path).data?.items ?? [];
  const mine = runs.find((run) => run.execution_id === slot.run?.id);
  const { full } = useTimes();
  return (
    <article className={css["card"]} aria-label={slot.name} data-slot={slot.id}>
      <header className={css["head"]}>
        <h2 className={css["name"]}>{slot.name}</h2>
        <StateBadge slot={slot} />
      </header>
      {slot.run === null ? (
        <p className={css["sequence"]}>{sequence === null ? status?.sequence_package : `${sequence.name} ${sequence.version}`}</p>
      ) : (
        <OfRun run={slot.run} told={status?.execution_id === slot.run.id ? (status.waiting ?? null) : null} recoveries={status?.recoveries ?? 0} version={status?.sequence_version ?? mine?.sequence_version ?? ""} since={mine?.started_at ?? mine?.accepted_at} />
      )}
      {slot.quarantine === "" ? null : (
        <p className={css["trouble"]}>
          {t("overview.quarantined", { time: status?.quarantine ? full(status.quarantine.since) : "–" })}{" "}
          <NoticedOr notice={slot.quarantined} text={slot.quarantine} />
        </p>
      )}
      {slot.holder === "" ? null : <p className={css["note"]}>{t("overview.heldBy", { name: slot.holder })}</p>}
      <ProcessLine slot={slot} process={status?.process} />
      <LastOutcomes slot={slot.name} runs={runs.filter((run) => run.outcome !== null).slice(0, LAST - 1)} />
      <SlotActions slot={slot} onWish={onWish} onSaid={onSaid} />
    </article>
  );
}

interface RunProps {
  run: LiveRun;
  /** What holds it up, or will before its next step; no event tells of the latter. */
  told: Notice | null;
  recoveries: number;
  version: string;
  since: string | undefined;
}

function OfRun({ run, told, recoveries, version, since }: RunProps) {
  const { t } = useTranslation("eng");
  const now = useNow();
  const step = stepOf(run);
  const language = usePreferences((state) => state.language);
  const waits = waitsFor(run, language) ?? (told === null ? null : saidOf(told, language));
  return (
    <>
      <p className={css["line"]}>
        <Link href={`/runs/${run.id}`} className={css["wip"]}>
          {run.wip ?? t("overview.noWip")}
        </Link>
        <span className={css["sequence"]}>
          {run.sequence} {version}
          {recoveries > 0 ? ` · ${t("overview.recoveries", { count: recoveries })}` : ""}
        </span>
      </p>
      <p className={css["line"]}>
        <span>
          {step === null ? null : (
            <>
              {t("overview.stepOf", { number: step.number, count: step.count })}: <b>{step.title}</b>
            </>
          )}
        </span>
        {since === undefined ? null : (
          <span className={css["time"]}>{t("overview.runningFor", { time: elapsed((now - Date.parse(since)) / 1000) })}</span>
        )}
      </p>
      {step === null ? null : (
        <Progress
          value={(100 * step.done) / Math.max(1, step.count)}
          color="var(--text)"
          aria-label={t("overview.progress", { done: step.done, count: step.count })}
        />
      )}
      {waits === null ? null : (
        <p className={css["trouble"]}>
          {waits.sentence} <Own text={waits.own} />
        </p>
      )}
      {run.value === null ? null : <Value value={run.value} />}
    </>
  );
}

function Value({ value }: { value: NonNullable<LiveRun["value"]> }) {
  const bad = value.outcome === "FAILED";
  return (
    <div className={css["value"]}>
      <span>{value.name}</span>
      <b data-bad={bad}>
        {bad ? "✗ " : ""}
        {written(value.value, value.unit)}
      </b>
      <LimitBar value={value.value} limit={value.limit} bad={bad} />
      <span className={css["limit"]}>{limitWritten(value.limit)}</span>
    </div>
  );
}
