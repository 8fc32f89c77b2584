// Several slots are free: which one? Nobody guesses.
import { useTranslation } from "react-i18next";
import { useLive } from "../../live/store";
import { Button } from "../../shared/Button";
import { Dialog } from "../../shared/Dialog";
import { begin } from "../actions";
import { closeDialog, type Intent } from "../flow";
import { isFree } from "../look";
import css from "./dialogs.module.css";

export function ChooseSlot({ intent }: { intent: Intent }) {
  const { t } = useTranslation();
  const order = useLive((state) => state.order);
  const slots = useLive((state) => state.slots);
  const shown = order.flatMap((id) => slots[id] ?? []);
  return (
    <Dialog title={t("chooseSlot.title")} onClose={closeDialog}>
      <p>{t("chooseSlot.text", { wip: intent.wip ?? t("tile.noWip") })}</p>
      <div className={css["choices"]}>
        {shown.map((slot) => (
          <Button key={slot.id} big disabled={!isFree(slot)} onClick={() => begin({ ...intent, slot: slot.id })}>
            {slot.name}
          </Button>
        ))}
      </div>
    </Dialog>
  );
}
