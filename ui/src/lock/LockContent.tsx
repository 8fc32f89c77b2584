// What a locked screen says and asks, on both halves of the screen.
import { useTranslation } from "react-i18next";
import { logOut, mayOperate, useAccount } from "../client/account";
import { LogInForm } from "../login/LogInForm";
import { Button } from "../shared/Button";
import css from "./Lock.module.css";

export const LOCK_TITLE = "lock-title";
export const LOCK_TEXT = "lock-text";

export function LockContent() {
  const { t } = useTranslation();
  const account = useAccount((state) => state.account);
  const may = useAccount(mayOperate);
  if (account === null) return null;
  return (
    <>
      <div className={css["words"]}>
        <h2 id={LOCK_TITLE} className={css["title"]}>
          <Padlock /> {t("lock.title", { name: account.name })}
        </h2>
        <p id={LOCK_TEXT}>
          {t("lock.text")} {may ? t("lock.stop") : null}
        </p>
        {account.without_login == null ? null : (
          <Button onClick={() => void logOut().catch(() => undefined)}>{t("lock.without")}</Button>
        )}
      </div>
      <LogInForm name={account.name} className={css["form"]} />
    </>
  );
}

function Padlock() {
  return (
    <svg className={css["padlock"]} viewBox="0 0 24 24" aria-hidden="true">
      <path d="M7 11V7a5 5 0 0 1 10 0v4h1.5v11h-13V11Zm2.5 0h5V7a2.5 2.5 0 0 0-5 0Z" fill="currentColor" />
    </svg>
  );
}
