// What can be pressed on a tile. STOP is there whenever something can be stopped, and whenever nobody knows.
import { useTranslation } from "react-i18next";
import { isLocked, mayOperate, useAccount } from "../client/account";
import type { Slot } from "../live/slot";
import { attempt, startOn, stopSlot } from "./actions";
import { openDialog } from "./flow";
import { canStop, isFree, type Look } from "./look";
import { station } from "../client/station";
import css from "./Tile.module.css";

export function TileActions({ slot, look, fresh }: { slot: Slot; look: Look; fresh: boolean }) {
  const { t } = useTranslation();
  const may = useAccount(mayOperate);
  const locked = useAccount(isLocked);
  const id = slot.id;
  if (!may) return null;
  const asks = slot.run !== null && slot.run.prompts.length > 0;
  const choose = slot.run?.state === "interrupted" && slot.run.choices.length > 0;
  return (
    <div className={css["actions"]}>
      {asks && !locked ? (
        <button className={css["answer"]} disabled={!fresh} onClick={() => openDialog({ kind: "prompt", slot: id })}>
          {t("tile.answer")}
        </button>
      ) : null}
      {choose && !asks && !locked ? (
        <button className={css["answer"]} disabled={!fresh} onClick={() => openDialog({ kind: "recovery", slot: id })}>
          {t("tile.choose")}
        </button>
      ) : null}
      {look === "paused" && !locked ? (
        <button className={css["answer"]} disabled={!fresh} onClick={() => void attempt(() => station.resume(id))}>
          {t("tile.resume")}
        </button>
      ) : null}
      {isFree(slot) && !locked ? (
        <button className={css["start"]} disabled={!fresh} onClick={() => startOn(id)} aria-label={`${t("tile.start")} ${slot.name}`}>
          {t("tile.start")}
        </button>
      ) : null}
      {canStop(slot) || !fresh ? (
        <button className={css["stop"]} onClick={() => void stopSlot(id)} aria-label={`${t("tile.stop")} ${slot.name}`}>
          {t("tile.stop")}
        </button>
      ) : null}
    </div>
  );
}
