// Who are you? Shown where the station wants to know.
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { forgetLoggingIn } from "./loggingIn";
import { LogInForm } from "./LogInForm";
import css from "./LoginPage.module.css";
import { useBadges } from "./useBadges";

export function LoginPage() {
  const { t } = useTranslation();
  useBadges();
  useEffect(() => forgetLoggingIn, []);
  return (
    <main className={css["page"]}>
      <div className={css["box"]}>
        <h1>{t("login.title")}</h1>
        <p className={css["badge"]}>{t("login.badge")}</p>
        <LogInForm className={css["form"]} />
      </div>
    </main>
  );
}
