// The STOP of a slot whose tile is behind a dialog.
import { useTranslation } from "react-i18next";
import { Button } from "../../shared/Button";
import { stopSlot } from "../actions";
import { closeDialog } from "../flow";

export function DialogStop({ slot }: { slot: string }) {
  const { t } = useTranslation();

  function stop(): void {
    closeDialog();
    void stopSlot(slot);
  }

  return (
    <Button tone="stop" onClick={stop}>
      {t("tile.stop")}
    </Button>
  );
}
