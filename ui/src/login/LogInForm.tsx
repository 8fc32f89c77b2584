// Name and password; a badge may have said the name already.
import { useEffect, useRef, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../shared/Button";
import { enter, useLoggingIn } from "./loggingIn";

interface Props {
  /** Who is likely to log in. */
  name?: string;
  className?: string | undefined;
  onDone?: () => void;
}

export function LogInForm({ name = "", className, onDone }: Props) {
  const { t } = useTranslation();
  const { busy, problem, named, shown } = useLoggingIn();
  const password = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (named === "") return;
    // After a dialog around it has taken the focus to itself.
    const timer = setTimeout(() => password.current?.focus());
    return () => clearTimeout(timer);
  }, [named, shown]);

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    if (await enter(textOf(given.get("username")), textOf(given.get("password")))) onDone?.();
  }

  return (
    // Anew with each badge: the first letters of a scan are typed into whatever field has the focus.
    <form key={`${shown} ${named}`} className={className} onSubmit={(event) => void submit(event)}>
      <label>
        {t("login.user")}
        <input name="username" autoComplete="username" defaultValue={named === "" ? name : named} required />
      </label>
      <label>
        {t("login.password")}
        <input ref={password} name="password" type="password" autoComplete="current-password" required />
      </label>
      <p role="alert" data-bad={problem !== ""}>{problem === "" && named !== "" ? t("login.named", { name: named }) : problem}</p>
      <Button type="submit" big tone="main" disabled={busy}>
        {t("login.submit")}
      </Button>
    </form>
  );
}

function textOf(given: FormDataEntryValue | null): string {
  return typeof given === "string" ? given : "";
}
