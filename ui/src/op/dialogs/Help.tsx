// What an operator can do here, on one page.
import { useTranslation } from "react-i18next";
import { Dialog } from "../../shared/Dialog";
import { closeDialog } from "../flow";

export function Help() {
  const { t } = useTranslation();
  return (
    <Dialog title={t("help.title")} onClose={closeDialog} whenLocked>
      <p>{t("help.scan")}</p>
      <p>{t("help.cards")}</p>
      <p>{t("help.keys")}</p>
      <p>{t("help.wrong")}</p>
      <p>{t("stop.emergency")}</p>
    </Dialog>
  );
}
