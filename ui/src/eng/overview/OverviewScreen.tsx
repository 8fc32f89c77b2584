// Every slot of the station at once: how it stands, what it does, and what may be asked of it.
import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAccount } from "../../client/account";
import type { components } from "../../client/schema";
import { station } from "../../client/station";
import { useLive } from "../../live/store";
import { Failure } from "../parts/Asked";
import { useAnswer } from "../parts/queries";
import { Screen } from "../parts/Screen";
import { useCommand } from "../parts/useCommand";
import { Confirm } from "./dialogs/Confirm";
import { SlotDialog, type Wish } from "./dialogs/SlotDialog";
import css from "./Overview.module.css";
import { SlotCard } from "./SlotCard";
import { inOrder, usedBy, type BatchStatus } from "./standing";
import { SummaryLine } from "./SummaryLine";

/** Milliseconds; what processes use is told by no event. */
const LOOK_EVERY = 10_000;

export default function OverviewScreen() {
  const { t } = useTranslation("eng");
  const order = useLive((state) => state.order);
  const slots = useLive((state) => state.slots);
  const loaded = useLive((state) => state.info !== null);
  const operate = useAccount((state) => state.account?.permissions.includes("operate") ?? false);
  const batches = useAnswer<BatchStatus[]>("/api/batches", { every: LOOK_EVERY });
  const sequences = useAnswer<components["schemas"]["SequenceEntry"][]>("/api/sequences").data ?? [];
  const [wish, setWish] = useState<Wish | null>(null);
  const [said, setSaid] = useState("");
  const [stopping, setStopping] = useState(false);
  const stopAll = useCommand(
    () => station.stopAll(),
    () => {
      setStopping(false);
      setSaid(t("overview.asked.stopAll"));
    },
  );
  const shown = inOrder(order, slots);
  const chosen = wish === null ? undefined : slots[wish.slot];
  return (
    <Screen
      title={t("overview.title")}
      actions={
        operate ? (
          <Button className={css["stop"] ?? ""} onClick={() => setStopping(true)}>
            {t("overview.stopAll")}
          </Button>
        ) : null
      }
    >
      <SummaryLine slots={shown} statuses={batches.data ?? []} />
      <p role="status" className={css["said"]}>
        {said}
      </p>
      {batches.error === null ? null : <Failure error={batches.error} />}
      {loaded && shown.length === 0 ? <p>{t("overview.noSlots")}</p> : null}
      <ul className={css["cards"]} aria-label={t("overview.slots")}>
        {shown.map((slot) => (
          <li key={slot.id}>
            <SlotCard
              slot={slot}
              status={batches.data?.find((one) => one.id === slot.id)}
              sequence={usedBy(slot.id, sequences)}
              onWish={setWish}
              onSaid={setSaid}
            />
          </li>
        ))}
      </ul>
      {wish !== null && chosen !== undefined ? (
        <SlotDialog wish={wish} slot={chosen} onClose={() => setWish(null)} onSaid={setSaid} />
      ) : null}
      {stopping ? (
        <Confirm
          title={t("overview.confirm.stopAll")}
          text={t("overview.confirm.stopAllText")}
          action={t("overview.stopAll")}
          command={stopAll}
          onConfirm={() => stopAll.mutate()}
          onClose={() => setStopping(false)}
        />
      ) : null}
    </Screen>
  );
}
