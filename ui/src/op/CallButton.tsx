// Calls somebody to the station; while a call is open it says for what, and for how long.
import { useTranslation } from "react-i18next";
import { useCall } from "../shared/call";
import { useNow } from "../shared/useNow";
import { openDialog } from "./flow";
import css from "./Header.module.css";

export function CallButton() {
  const { t } = useTranslation();
  const call = useCall();
  const now = useNow(call !== null);
  const minutes = call === null ? 0 : Math.max(0, Math.floor((now - new Date(call.called_at).getTime()) / 60_000));
  return (
    <button className={css["call"]} data-open={call !== null} onClick={() => openDialog({ kind: "call" })}>
      {call === null ? t("call.button") : t("call.open", { reason: t(`call.reason.${call.reason}`), minutes })}
    </button>
  );
}
