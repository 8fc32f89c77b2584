// Everything that is owed to the MES: how long, in which order, why it is not there yet, and what a person may do.
import { Button, Select, Table, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAccount } from "../../client/account";
import { ask } from "../../client/rest";
import type { components } from "../../client/schema";
import { useLive } from "../../live/store";
import { Asked, Empty, Failure } from "../parts/Asked";
import { useChosen } from "../parts/chosen";
import { useDoing } from "../parts/doing";
import { elapsed } from "../parts/format";
import { askAgain, useAnswer } from "../parts/queries";
import { Screen } from "../parts/Screen";
import { Decision, type Wish } from "./Decision";
import css from "./Queue.module.css";
import { Row } from "./QueueRow";
import { Wide } from "../parts/Wide";

type Queue = components["schemas"]["Queue"];
type Sent = components["schemas"]["SyncAnswer"];
const STATES = ["pending", "parked"] as const;

export default function QueueScreen() {
  const { t } = useTranslation("eng");
  const [chosen, choose] = useChosen(["state", "wip"]);
  const queue = useAnswer<Queue>("/api/queue?next_try=true", { every: 2000 });
  const mes = useLive((state) => state.info?.mes ?? true);
  const [wish, setWish] = useState<Wish | null>(null);
  const [sent, setSent] = useState<number | null>(null);
  const doing = useDoing();
  const may = useAccount((state) => state.account?.permissions.includes("operate") ?? false);

  async function send(name: string, body: object): Promise<void> {
    setSent(null);
    await doing.run(name, async () => {
      const answer = await ask<Sent>("POST", "/api/queue/send", { body });
      setSent(answer.wips.length);
      await askAgain("/api/queue");
    });
  }

  return (
    <Screen
      title={t("queue.title")}
      actions={
        may ? (
          <Button
            onClick={() => void send("all", {})}
            loading={doing.busy === "all"}
            disabled={doing.busy !== null || (queue.data?.pending ?? 0) === 0}
          >
            {t("queue.sendAll")}
          </Button>
        ) : null
      }
    >
      {mes ? null : <p>{t("queue.noMes")}</p>}
      <p role="status" className={css["said"]}>
        {sent === null ? null : sent === 0 ? t("queue.nothingToSend") : t("queue.sent", { wips: sent })}
      </p>
      {doing.error === null ? null : <Failure error={doing.error} />}
      <Asked answer={queue}>
        {(told) => {
          const shown = told.items.filter(
            (item) =>
              (chosen.state === "" || item.state === chosen.state) &&
              item.wip_id.toUpperCase().includes(chosen.wip.toUpperCase()),
          );
          return (
            <>
              <p className={css["summary"]}>
                {told.items.length === 0
                  ? t("queue.nothing")
                  : t("queue.summary", { pending: told.pending, parked: told.parked, age: elapsed(told.oldest ?? 0) })}
              </p>
              <div className={css["filter"]}>
                <Select
                  label={t("queue.state")}
                  data={[
                    { value: "", label: t("queue.states.all") },
                    ...STATES.map((state) => ({ value: state, label: t(`queue.states.${state}`) })),
                  ]}
                  value={chosen.state}
                  allowDeselect={false}
                  onChange={(state) => choose({ state: state ?? "" })}
                />
                <TextInput
                  label={t("queue.wip")}
                  value={chosen.wip}
                  onChange={(event) => choose({ wip: event.currentTarget.value }, true)}
                />
              </div>
              {shown.length === 0 ? (
                told.items.length === 0 ? null : (
                  <Empty />
                )
              ) : (
                <Wide minWidth={960}>
                  <Table verticalSpacing="sm">
                    <Table.Thead>
                      <Table.Tr>
                        {(["wip", "place", "what", "state", "age", "attempts", "error", "next", "do"] as const).map((name) => (
                          <Table.Th key={name} scope="col">
                            {t(`queue.${name}`)}
                          </Table.Th>
                        ))}
                      </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {shown.map((item) => (
                        <Row
                          key={item.item_id}
                          item={item}
                          busy={doing.busy}
                          onSend={() => void send(item.item_id, { wip_id: item.wip_id })}
                          onWish={(action) => setWish({ action, item })}
                        />
                      ))}
                    </Table.Tbody>
                  </Table>
                </Wide>
              )}
            </>
          );
        }}
      </Asked>
      {wish === null ? null : <Decision wish={wish} onClose={() => setWish(null)} />}
    </Screen>
  );
}
