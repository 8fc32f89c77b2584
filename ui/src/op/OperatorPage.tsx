// The operator's screen: every slot at once, no menus, and a scanner that needs no field.
import { useTranslation } from "react-i18next";
import { isLocked, useAccount } from "../client/account";
import { useLive } from "../live/store";
import { LockBar } from "../lock/LockBar";
import { useAutoLock } from "../lock/useAutoLock";
import { Dialogs } from "./dialogs/Dialogs";
import { Header } from "./Header";
import { gridOf } from "./look";
import { Notices } from "./Notices";
import { Tile } from "./Tile";
import { useKeys } from "./useKeys";
import { useScanner } from "./useScanner";
import { useSignals } from "./useSignals";
import css from "./OperatorPage.module.css";

export function OperatorPage() {
  const { t } = useTranslation();
  const order = useLive((state) => state.order);
  const loaded = useLive((state) => state.info !== null);
  const locked = useAccount(isLocked);
  useAutoLock(useLive((state) => state.info?.lock_operator ?? 0));
  useScanner();
  useKeys();
  useSignals();
  const { columns, rows } = gridOf(order.length);
  return (
    <div className={css["page"]} data-locked={locked}>
      <Header />
      <Notices />
      {locked ? <LockBar /> : null}
      <main
        className={css["slots"]}
        style={{ gridTemplate: `repeat(${rows}, minmax(0, 1fr)) / repeat(${columns}, minmax(0, 1fr))` }}
      >
        {loaded && order.length === 0 ? <p>{t("tile.noSlots")}</p> : null}
        {order.map((id) => (
          <Tile key={id} id={id} />
        ))}
      </main>
      <Dialogs />
    </div>
  );
}
