// What is needed at the station; or, where somebody is called already, that they have come or need not.
import { useTranslation } from "react-i18next";
import { Button } from "../../shared/Button";
import { calling, REASONS, useCall } from "../../shared/call";
import { Dialog } from "../../shared/Dialog";
import { attempt } from "../actions";
import { closeDialog, notify } from "../flow";
import css from "./dialogs.module.css";

export function CallDialog() {
  const { t } = useTranslation();
  const call = useCall();

  async function tell(doing: () => Promise<unknown>, said: string): Promise<void> {
    closeDialog();
    if (await attempt(doing)) notify(said, "good");
  }

  if (call === null) {
    return (
      <Dialog title={t("call.title")} onClose={closeDialog}>
        <div className={css["two"]}>
          {REASONS.map((reason) => (
            <Button key={reason} big onClick={() => void tell(() => calling.call(reason), t("call.called"))}>
              {t(`call.reason.${reason}`)}
            </Button>
          ))}
        </div>
      </Dialog>
    );
  }
  const time = new Date(call.called_at).toLocaleTimeString("sv-SE");
  return (
    <Dialog title={t("call.now")} onClose={closeDialog}>
      <p>{t("call.since", { reason: t(`call.reason.${call.reason}`), time, by: call.called_by })}</p>
      <div className={css["two"]}>
        <Button big tone="main" onClick={() => void tell(() => calling.answer(call.call_id), t("call.answered"))}>
          {t("call.answer")}
        </Button>
        <Button big onClick={() => void tell(() => calling.withdraw(call.call_id), t("call.withdrawn"))}>
          {t("call.withdraw")}
        </Button>
      </div>
    </Dialog>
  );
}
