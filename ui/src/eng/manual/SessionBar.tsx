// Who has the slot in hand and for how long; what makes it safe, and what ends it. Stays in sight.
import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAccount } from "../../client/account";
import { Failure } from "../parts/Asked";
import { useDoing } from "../parts/doing";
import { useTimes } from "../parts/format";
import { Sure } from "../parts/Sure";
import { useNow } from "../../shared/useNow";
import css from "./Manual.module.css";
import { countdown, secondsLeft, type Session, type Standing } from "./session";

interface Props {
  session: Session;
  standing: Standing;
  name: string;
  /** Whether the station did not hear the last signs of life. */
  lost: boolean;
  safe: () => Promise<unknown>;
  making: boolean;
  onLeave: (reason: string) => Promise<void>;
  onGoOn: () => void;
}

export function SessionBar({ session, standing, name, lost, safe, making, onLeave, onGoOn }: Props) {
  const { t } = useTranslation("eng");
  const { clock } = useTimes();
  const now = useNow();
  const [asked, setAsked] = useState(false);
  const [pressed, setPressed] = useState(false);
  const leaving = useDoing();
  const permissions = useAccount((state) => state.account?.permissions ?? []);
  const left = secondsLeft(session, now);
  const holder = session.holder ?? "";
  const since = session.since == null ? "" : clock(session.since);

  async function makeSafe(): Promise<void> {
    setPressed(true);
    try {
      await safe();
    } finally {
      setPressed(false);
    }
  }

  return (
    <div className={css["bar"]} data-standing={standing}>
      <div className={css["grow"]}>
        <p>
          <strong>{t(standing === "others" ? "manual.others" : "manual.mine", { name: holder, time: since })}</strong>
        </p>
        {session.state === "opening" ? <p role="status">{t("manual.opening")}…</p> : null}
        {session.state === "closing" ? <p role="status">{t("manual.closing")}…</p> : null}
        {lost ? <p role="alert">{t("manual.lost")}</p> : null}
        {standing === "elsewhere" ? <p>{t("manual.elsewhere")}</p> : null}
        {left === null || lost ? null : <p role="timer">{t("manual.left", { left: countdown(left) })}</p>}
      </div>
      {standing === "elsewhere" ? <Button onClick={onGoOn}>{t("manual.goOn")}</Button> : null}
      {permissions.includes("operate") ? (
        <button
          type="button"
          className={css["safe"]}
          disabled={pressed || making || session.state !== "open"}
          onClick={() => void makeSafe()}
        >
          {t("manual.safe")}
        </button>
      ) : null}
      {permissions.includes("manage") ? (
        <Button
          size="lg"
          loading={leaving.busy !== null}
          disabled={session.state === "closing"}
          onClick={() => (standing === "here" ? void leaving.run("leave", () => onLeave("")) : setAsked(true))}
        >
          {t(standing === "here" ? "manual.leave" : "manual.end")}
        </Button>
      ) : null}
      {leaving.error === null ? null : <Failure error={leaving.error} />}
      {asked ? (
        <Sure
          title={`${name}: ${t("manual.endTitle", { name: holder })}`}
          action={t("manual.end")}
          reason="optional"
          onDo={onLeave}
          onClose={() => setAsked(false)}
        >
          <p>{t("manual.endText")}</p>
        </Sure>
      ) : null}
    </div>
  );
}
