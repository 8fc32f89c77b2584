// What a tile says besides its state: the step under way and its value, or why the run ended as it did.
import i18next from "i18next";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { sentenceOf } from "../i18n/errors";
import type { LiveRun, Slot, Verdict } from "../live/slot";
import { limitWritten, written } from "../shared/limits";
import { usePreferences, type Language } from "../shared/preferences";
import { cutOffStep, type Look } from "./look";
import { ValueBar } from "./ValueBar";
import { saidOf } from "../i18n/notices";
import { NoticedOr, Own } from "../shared/Own";
import css from "./Tile.module.css";

const MET_BY_A_STEP = "STEP_CRITICAL";

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
      {!asks && run.waitingFor !== "" ? (
        <p className={css["waiting"]}>
          <NoticedOr notice={run.waiting} text={run.waitingFor} />
        </p>
      ) : null}
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
      <p className={css["why"]}>{said()}</p>
      {step != null ? <p className={css["where"]}>{t("tile.inStep", { step })}</p> : null}
    </>
  );

  function said(): ReactNode {
    if (verdict.value !== null) {
      return t("tile.failedAt", {
        step: verdict.value.name,
        value: written(verdict.value.value, verdict.value.unit),
        limit: limitWritten(verdict.value.limit),
      });
    }
    // The tile says ERROR already; what helps is what the step met.
    return code === MET_BY_A_STEP && message !== "" ? <Own text={message} /> : sentenceOf(code, message, language);
  }
}

/** Why a slot is closed; where its last verdict stands above, that it is. */
function closed(slot: Slot, language: Language): string {
  const notice = slot.verdict === null ? slot.quarantined : null;
  return (notice === null ? "" : saidOf(notice, language).sentence) || i18next.t("state.quarantine");
}

function What({ slot, look }: { slot: Slot; look: Look }) {
  const { t } = useTranslation();
  const language = usePreferences((state) => state.language);
  const text = next();
  if (text === null) return null;
  return (
    <>
      <p className={css["next"]}>{text}</p>
      {look === "offline" && slot.holder === "" ? (
        <p className={css["where"]}>
          <Own text={slot.alert} />
        </p>
      ) : null}
    </>
  );

  function next(): string | null {
    if (slot.holder !== "") return t("tile.heldBy", { name: slot.holder });
    if (slot.quarantine !== "") return `${closed(slot, language)} · ${t("tile.callEngineer")}`;
    if (look === "offline") return slot.alert === "" ? "" : t("tile.processAlert");
    return t("tile.scanNext");
  }
}
