// A person decides about something the MES has refused, or about which nobody knows what became of the unit.
import { Radio, Stack } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ask } from "../../client/rest";
import { askAgain } from "../parts/queries";
import { Sure } from "../parts/Sure";
import { needsResult, type QueueItem } from "./item";
import { useTold } from "./QueueRow";

export interface Wish {
  action: "retry" | "discard";
  item: QueueItem;
}

const RESULTS = ["PASS", "FAIL", "REWORK"] as const;

export function Decision({ wish: { action, item }, onClose }: { wish: Wish; onClose: () => void }) {
  const { t } = useTranslation("eng");
  const told = useTold();
  const [result, setResult] = useState("");
  const asked = action === "retry" && needsResult(item);

  async function decide(reason: string): Promise<void> {
    // The slashes of an id stay as they are in the path.
    const path = `/api/queue/${item.item_id.split("/").map(encodeURIComponent).join("/")}/${action}`;
    await ask("POST", path, { body: asked ? { reason, result } : { reason } });
    await askAgain("/api/queue", "/api/system");
  }

  return (
    <Sure
      title={t(`queue.${action}Title`)}
      action={t(`queue.${action}`)}
      reason={action === "discard" ? "needed" : "optional"}
      incomplete={asked && result === ""}
      onDo={decide}
      onClose={onClose}
    >
      <p>{t(`queue.${action}Text`, { wip: item.wip_id, what: told(item) })}</p>
      {asked ? (
        <Radio.Group
          label={t("queue.result")}
          description={t("queue.resultNeeded")}
          required
          value={result}
          onChange={setResult}
        >
          <Stack gap="xs" mt="xs">
            {RESULTS.map((one) => (
              <Radio key={one} value={one} label={t(`queue.results.${one}`)} size="md" />
            ))}
          </Stack>
        </Radio.Group>
      ) : null}
    </Sure>
  );
}
