// What a tile says besides its state: the step under way and its value, or why the run ended as it did.
import { useTranslation } from "react-i18next";
import { sentenceOf } from "../i18n/errors";
import type { LiveRun, Slot, Verdict } from "../live/slot";
import { limitWritten, written } from "../shared/limits";
import { usePreferences } from "../shared/preferences";
import { cutOffStep, type Look } from "./look";
import { ValueBar } from "./ValueBar";
import css from "./Tile.module.css";

export function TileText({ slot, look }: { slot: Slot; look: Look }) {
  return (
    <div className={css["text"]}>
      {slot.run !== null ? <OfRun run={slot.run} /> : null}
      {slot.run === null && slot.verdict !== null && look !== "ready" ? <Why verdict={slot.verdict} /> : null}
      {slot.run === null ? <What slot={slot} look={look} /> : null}
    </div>
  );
}

function OfRun({ run }: { run: LiveRun }) {
  const { t } = useTranslation();
  const language = usePreferences((state) => state.language);
  const asked = run.prompts[0]?.prompt.message[language];
  const cutOff = run.state === "interrupted" ? cutOffStep(run) : undefined;
  const step = cutOff ?? run.steps.find((one) => one.running) ?? run.steps.findLast((one) => one.attempt > 0);
  // On a tile that calls for somebody, what is asked is all that counts.
  const asks = asked !== undefined || run.state === "interrupted";
  return (
    <>
      <p className={css["step"]}>{asked ?? (step ? step.title || step.name : run.sequence)}</p>
      {run.state === "interrupted" ? <p className={css["waiting"]}>{t("recovery.short")}</p> : null}
      {!asks && run.waitingFor !== "" ? <p className={css["waiting"]}>{run.waitingFor}</p> : null}
      {run.progress !== null && run.progress.text !== "" ? <p className={css["waiting"]}>{run.progress.text}</p> : null}
      {run.value !== null && !asks ? <ValueBar value={run.value} /> : null}
    </>
  );
}

function Why({ verdict }: { verdict: Verdict }) {
  const { t } = useTranslation();
  const language = usePreferences((state) => state.language);
  if (verdict.reason === null) return null;
  const { code, message, step } = verdict.reason;
  return (
    <>
      <p className={css["why"]}>
        {verdict.value !== null
          ? t("tile.failedAt", {
              step: verdict.value.name,
              value: written(verdict.value.value, verdict.value.unit),
              limit: limitWritten(verdict.value.limit),
            })
          : sentenceOf(code, message, language)}
      </p>
      {step != null ? <p className={css["where"]}>{t("tile.inStep", { step })}</p> : null}
    </>
  );
}

function What({ slot, look }: { slot: Slot; look: Look }) {
  const { t } = useTranslation();
  const text = next();
  return text === null ? null : <p className={css["next"]}>{text}</p>;

  function next(): string | null {
    if (slot.holder !== "") return t("tile.heldBy", { name: slot.holder });
    if (slot.quarantine !== "") return `${slot.verdict === null ? slot.quarantine : t("state.quarantine")} · ${t("tile.callEngineer")}`;
    if (look === "offline") return slot.alert;
    return t("tile.scanNext");
  }
}
