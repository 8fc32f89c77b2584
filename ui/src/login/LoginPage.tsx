// Who are you? Shown where the station wants to know.
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { logIn } from "../client/account";
import { StationError } from "../client/rest";
import { sentenceOf } from "../i18n/errors";
import { Button } from "../shared/Button";
import { usePreferences } from "../shared/preferences";
import css from "./LoginPage.module.css";

export function LoginPage() {
  const { t } = useTranslation();
  const language = usePreferences((state) => state.language);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    setBusy(true);
    try {
      await logIn(textOf(given.get("username")), textOf(given.get("password")));
    } catch (error) {
      setProblem(error instanceof StationError && error.status !== 401 ? sentenceOf(error.code, error.message, language) : t("login.failed"));
    } finally {
      setBusy(false);
    }
  }

  return (
    <main className={css["page"]}>
      <form className={css["form"]} onSubmit={(event) => void submit(event)}>
        <h1>{t("login.title")}</h1>
        <label>
          {t("login.user")}
          <input name="username" autoComplete="username" required />
        </label>
        <label>
          {t("login.password")}
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <p role="alert">{problem}</p>
        <Button type="submit" big tone="main" disabled={busy}>
          {t("login.submit")}
        </Button>
      </form>
    </main>
  );
}

function textOf(given: FormDataEntryValue | null): string {
  return typeof given === "string" ? given : "";
}
