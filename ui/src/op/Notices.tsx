// What the screen says about the last scan or command, and that it is not connected.
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLive } from "../live/store";
import { useStale } from "../live/useStale";
import { useFlow } from "./flow";
import css from "./Notices.module.css";

const SHOWN_FOR = 8000;

export function Notices() {
  const { t } = useTranslation();
  const notice = useFlow((state) => state.notice);
  const stale = useStale();
  const asOf = useLive((state) => state.asOf);
  const scanned = useFlow((state) => state.scanned);
  const [gone, setGone] = useState(0);
  const at = Math.max(notice?.at ?? 0, scanned?.at ?? 0);

  useEffect(() => {
    const timer = setTimeout(() => setGone(at), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [at]);

  return (
    <section className={css["line"]} aria-label={t("notices")}>
      {!stale ? null : (
        <p className={css["stale"]} role="alert">
          <b>{t("stale.title")}.</b> {asOf === null ? t("stale.never") : t("stale.asOf", { time: asOf.toLocaleTimeString("sv-SE") })}
        </p>
      )}
      {scanned !== null && gone < at ? (
        <p key={scanned.at} className={css["scanned"]} data-scanned={scanned.code}>
          {scanned.code}
        </p>
      ) : null}
      <p className={css["notice"]} role="status" data-notice={at} data-tone={notice?.tone} hidden={notice === null || gone >= at}>
        {/* Anew with each notice: the same words twice must be seen to be two. */}
        <span key={at} className={css["words"]}>
          {notice?.text}
        </span>
      </p>
    </section>
  );
}
