// The line on top: which station, who works here, how it is connected, and what concerns all slots.
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { isLocked, logOut, mayOperate, useAccount } from "../client/account";
import { useLive } from "../live/store";
import { usePreferences } from "../shared/preferences";
import { attempt, stopKey } from "./actions";
import { CallButton } from "./CallButton";
import { Clock } from "./Clock";
import { openDialog } from "./flow";
import { Owed } from "./Owed";
import { ShiftLine } from "./ShiftLine";
import css from "./Header.module.css";

export function Header() {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const info = useLive((state) => state.info);
  const fresh = useLive((state) => state.fresh);
  const account = useAccount((state) => state.account);
  const may = useAccount(mayOperate);
  const locked = useAccount(isLocked);
  const operator = usePreferences((state) => state.operator);
  return (
    <header className={css["header"]}>
      <div className={css["station"]}>
        <h1>{info?.station_name ?? ""}</h1>
        <ShiftLine />
      </div>
      <Clock />
      <span className={css["live"]} data-fresh={fresh}>
        {fresh ? `● ${t("header.live")}` : `○ ${t("stale.title")}`}
      </span>
      {info?.mes ? <Owed /> : null}
      {may && !locked ? (
        <button onClick={() => openDialog({ kind: "operator", intent: null })}>
          {operator === null ? t("header.noOperator") : t("header.operator", { number: operator })}
        </button>
      ) : null}
      {may && !locked ? <CallButton /> : null}
      <button onClick={() => openDialog({ kind: "settings" })}>{t("header.settings")}</button>
      <button onClick={() => openDialog({ kind: "help" })}>{t("header.help")} (F1)</button>
      {locked ? null : account?.how === "session" ? (
        <button onClick={() => void attempt(logOut)}>
          {account.name}: {t("header.logOut")}
        </button>
      ) : account?.login_possible ? (
        <button onClick={() => navigate("/login")}>{t("header.logIn")}</button>
      ) : null}
      {may ? (
        <button className={css["stop"]} onClick={stopKey}>
          {t("tile.stop")} (F8)
        </button>
      ) : null}
    </header>
  );
}
