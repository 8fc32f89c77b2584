// Says that what is shown is not how things stand now.
import { useTranslation } from "react-i18next";
import { useLive } from "../../live/store";
import { useStale } from "../../live/useStale";
import { useTimes } from "../parts/format";
import css from "./Shell.module.css";

export function Stale() {
  const { t } = useTranslation("eng");
  const { clock } = useTimes();
  const stale = useStale();
  const asOf = useLive((state) => state.asOf);
  return (
    <div role="status">
      {!stale ? null : (
        <p className={css["stale"]}>{asOf === null ? t("shell.connecting") : t("shell.stale", { time: clock(asOf) })}</p>
      )}
    </div>
  );
}
