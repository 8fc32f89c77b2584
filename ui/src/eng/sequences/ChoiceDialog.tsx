// Asks once more before a slot uses another version, and says when that takes effect.
import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ask, type StationError } from "../../client/rest";
import { useLive } from "../../live/store";
import { Failure } from "../parts/Asked";
import { askAgain } from "../parts/queries";
import { Window } from "../parts/Window";
import css from "./Sequences.module.css";
import type { BatchSequence } from "./types";

export interface Wish {
  batch: string;
  slot: string;
  /** Null: back to what was used before. */
  to: { name: string; version: string; content_hash: string } | null;
}

const EFFECT = {
  running: "sequences.slots.whatRunning",
  free: "sequences.slots.whatFree",
  unknown: "sequences.slots.whatUnknown",
} as const;

/** Whether a run is on, which keeps its own version; unknown while the station is not heard. */
export function useStanding(batch: string): keyof typeof EFFECT {
  return useLive(({ slots, fresh }) => {
    const slot = slots[batch];
    if (slot === undefined || !fresh) return "unknown";
    return slot.run === null ? "free" : "running";
  });
}

export function ChoiceDialog({ wish, onClose, onDone }: { wish: Wish; onClose: () => void; onDone: (said: string) => void }) {
  const { t } = useTranslation("eng");
  const [reason, setReason] = useState("");
  const { batch, slot, to } = wish;
  const standing = useStanding(batch);
  const choose = useMutation<BatchSequence, StationError>({
    mutationFn: () => {
      const path = `/api/batches/${encodeURIComponent(batch)}/sequence`;
      return to === null
        ? ask("POST", `${path}/rollback`, { body: { reason } })
        : ask("POST", `${path}/activate`, { body: { name: to.name, content_hash: to.content_hash, reason } });
    },
    onSuccess: async (choice) => {
      await askAgain("/api/sequences", "/api/batches");
      const version = choice.package?.version ?? t("sequences.slots.folder", { folder: choice.sequence_package });
      onDone(t("sequences.slots.done", { slot, version }));
    },
  });
  const title =
    to === null
      ? t("sequences.slots.confirmRollback", { slot })
      : t("sequences.slots.confirmActivate", { slot, version: `${to.name} ${to.version}` });
  return (
    <Window title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.trim() !== "" && !choose.isPending) choose.mutate();
        }}
      >
        {to === null ? <p>{t("sequences.slots.rollbackTo")}</p> : null}
        <p>{t(EFFECT[standing])}</p>
        <TextInput
          label={t("sequences.slots.why")}
          value={reason}
          maxLength={1000}
          data-autofocus
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {choose.error === null ? null : <Failure error={choose.error} />}
        <div className={css["buttons"]}>
          <Button onClick={onClose}>{t("sequences.slots.cancel")}</Button>
          <Button type="submit" variant="filled" disabled={reason.trim() === "" || choose.isPending}>
            {t("sequences.slots.confirm")}
          </Button>
        </div>
      </form>
    </Window>
  );
}
