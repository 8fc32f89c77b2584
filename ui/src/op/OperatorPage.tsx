// The operator's screen: every slot at once, no menus, and a scanner that needs no field.
import { useTranslation } from "react-i18next";
import { useLive } from "../live/store";
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
  useScanner();
  useKeys();
  useSignals();
  const { columns, rows } = gridOf(order.length);
  return (
    <div className={css["page"]}>
      <Header />
      <Notices />
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
