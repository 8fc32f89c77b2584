// What the shift came to so far: since the operator's number was entered today, or since midnight.
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { station } from "../client/station";
import { onEvent, useLive } from "../live/store";
import { usePreferences } from "../shared/preferences";
import css from "./Header.module.css";
import { beginningOf, type Counts } from "./shift";

/** Milliseconds after the end of a run within which others are waited for. */
const GATHERED_FOR = 1000;

export function ShiftLine() {
  const { t } = useTranslation();
  const fresh = useLive((state) => state.fresh);
  const since = usePreferences((state) => state.since);
  const [counts, setCounts] = useState<Counts | null>(null);

  useEffect(() => {
    if (!fresh) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;

    async function look(): Promise<void> {
      timer = undefined;
      const begun = beginningOf(since, new Date());
      const found = await station.counts(begun.from.toISOString()).catch(() => null);
      if (!over && found !== null) setCounts({ ...found, begun });
    }

    const deaf = onEvent((event) => {
      if (event.type === "sequence_complete") timer ??= setTimeout(() => void look(), GATHERED_FOR);
    });
    void look();
    return () => {
      over = true;
      clearTimeout(timer);
      deaf();
    };
  }, [fresh, since]);

  if (counts === null) return null;
  const { begun, passed, failed, errors } = counts;
  const when = begun.entered ? t("shift.since", { time: begun.from.toLocaleTimeString("sv-SE").slice(0, 5) }) : t("shift.day");
  return (
    <p className={css["shift"]} data-shift={passed + failed + errors}>
      {when} · {t("shift.counts", { passed, failed })}
      {errors > 0 ? ` · ${t("shift.errors", { count: errors })}` : null}
    </p>
  );
}
