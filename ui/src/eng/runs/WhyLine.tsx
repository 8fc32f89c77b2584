// The verdict and why, in plain words.
import { useTranslation } from "react-i18next";
import { sentenceOf } from "../../i18n/errors";
import { limitWritten, written } from "../../shared/limits";
import { usePreferences, type Language } from "../../shared/preferences";
import { Own } from "../../shared/Own";
import { OutcomeBadge } from "../parts/OutcomeBadge";
import { percent } from "../parts/format";
import { LimitBar } from "../../shared/LimitBar";
import { marginOf } from "./margin";
import css from "./Run.module.css";
import { whyOf, type RunDetail } from "./why";

export function WhyLine({ run }: { run: RunDetail }) {
  const { t } = useTranslation("eng");
  const { lines, own } = useWhy(run);
  const why = whyOf(run);
  return (
    <section className={css["why"]} data-outcome={run.outcome ?? "going"} aria-label={t("run.why.title")}>
      {run.outcome === null ? <b>{run.refused ? t("run.refused") : t("run.going")}</b> : <OutcomeBadge outcome={run.outcome} />}
      <div className={css["grow"]} role="status">
        {lines.map((line, index) => (
          <p key={line} className={index === 0 ? css["first"] : undefined}>
            {index === own ? <Own text={line} /> : line}
          </p>
        ))}
        {run.hardware_safe || run.outcome === null ? null : <p className={css["first"]}>{t("run.why.unsafe")}</p>}
      </div>
      {why.kind === "value" ? (
        <div className={css["whyBar"]}>
          <LimitBar value={why.measurement.value} limit={why.measurement.limit} bad />
        </div>
      ) : null}
    </section>
  );
}

/** Why a run ended as it did: the first line says it, the others what belongs to it. */
export function useWhy(run: RunDetail, language?: Language): Why {
  const lines = useLines(run, language);
  const why = whyOf(run);
  // The last line of a code is the sentence in which it was reported.
  const own = why.kind === "code" && lines.at(-1) === why.message ? lines.length - 1 : -1;
  return { lines, own };
}

export interface Why {
  lines: string[];
  /** Which of the lines is somebody else's own words; -1: none. */
  own: number;
}

function useLines(run: RunDetail, language?: Language): string[] {
  const { t } = useTranslation("eng");
  const chosen = usePreferences((state) => state.language);
  const why = whyOf(run);
  switch (why.kind) {
    case "going":
      return [t("run.why.going")];
    case "value": {
      const { name, value, unit, limit } = why.measurement;
      const first = t("run.why.value", { step: titleOf(run, why.step), name, value: written(value, unit), limit: limitWritten(limit) });
      return why.others > 0 ? [first, t("run.why.others", { count: why.others })] : [first];
    }
    case "code": {
      const sentence = sentenceOf(why.code, why.message, language ?? chosen);
      const first = why.step === null ? sentence : `${t("run.why.step", { step: titleOf(run, why.step) })}: ${sentence}`;
      const own = why.message === "" || why.message === sentence || why.by !== null ? [] : [why.message];
      return [`${first} (${why.code})`, ...(why.by === null ? [] : [t("run.why.by", { name: why.by })]), ...own];
    }
    case "passed": {
      const first = why.judged === 0 ? t("run.why.passedNothing") : t("run.why.passed", { count: why.judged });
      if (why.closest === null) return [first];
      const { name, value, unit } = why.closest.measurement;
      const margin = percent(marginOf(why.closest.measurement), 0);
      return [first, t("run.why.closest", { name, value: written(value, unit), margin })];
    }
  }
}

/** What people call a step. */
export function titleOf(run: RunDetail, step: string): string {
  return run.plan?.steps.find((one) => one.name === step)?.title || step;
}
