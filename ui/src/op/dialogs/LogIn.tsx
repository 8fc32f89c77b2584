// A badge said who it is; the password says that it is true. What runs stays in sight behind it.
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { forgetLoggingIn } from "../../login/loggingIn";
import { LogInForm } from "../../login/LogInForm";
import { Dialog } from "../../shared/Dialog";
import { closeDialog } from "../flow";
import css from "./dialogs.module.css";

export function LogIn() {
  const { t } = useTranslation();
  useEffect(() => forgetLoggingIn, []);
  return (
    <Dialog title={t("login.title")} onClose={closeDialog}>
      <LogInForm className={css["logIn"]} onDone={closeDialog} />
    </Dialog>
  );
}
