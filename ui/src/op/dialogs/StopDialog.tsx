// Several runs go on: which one is to stop? Pressing F8 once more stops all.
import { useTranslation } from "react-i18next";
import { useLive } from "../../live/store";
import { Button } from "../../shared/Button";
import { Dialog } from "../../shared/Dialog";
import { stopAll, stopSlot } from "../actions";
import { closeDialog } from "../flow";
import { canStop } from "../look";
import css from "./dialogs.module.css";

export function StopDialog() {
  const { t } = useTranslation();
  const order = useLive((state) => state.order);
  const slots = useLive((state) => state.slots);
  const fresh = useLive((state) => state.fresh);
  const shown = order.flatMap((id) => slots[id] ?? []).filter((slot) => !fresh || canStop(slot));

  function stop(id: string): void {
    closeDialog();
    void stopSlot(id);
  }

  return (
    <Dialog title={t("stop.title")} onClose={closeDialog} whenLocked>
      <Button big tone="stop" onClick={() => void stopAll()}>
        {t("stop.all")} (F8)
      </Button>
      <div className={css["choices"]}>
        {shown.map((slot) => (
          <Button key={slot.id} big tone="stop" onClick={() => stop(slot.id)}>
            {t("stop.one", { slot: slot.name })}
          </Button>
        ))}
      </div>
      <p>{t("stop.emergency")}</p>
    </Dialog>
  );
}
