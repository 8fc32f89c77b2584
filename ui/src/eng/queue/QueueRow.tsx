// One thing that is owed to the MES.
import { Button, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useAccount } from "../../client/account";
import { usePreferences } from "../../shared/preferences";
import { elapsed, useTimes } from "../parts/format";
import { Grade } from "../parts/Grade";
import { actionOf, waitsFor, type QueueItem } from "./item";
import { Own } from "../../shared/Own";
import css from "./Queue.module.css";

interface Props {
  item: QueueItem;
  busy: string | null;
  onSend: () => void;
  onWish: (action: "retry" | "discard") => void;
}

const STATES = ["pending", "parked", "delivering"] as const;

/** What is told of it, in words. */
export function useTold(): (item: QueueItem) => string {
  const { t } = useTranslation("eng");
  return (item) => {
    const action = actionOf(item);
    const parts = [action === null ? item.action : t(`queue.action.${action}`)];
    if (item.process_id !== null) parts.push(t("queue.process", { number: item.process_id }));
    if (item.result != null) parts.push(item.result);
    return parts.join(" · ");
  };
}

export function Row({ item, busy, onSend, onWish }: Props) {
  const { t } = useTranslation("eng");
  const told = useTold();
  const permissions = useAccount((state) => state.account?.permissions ?? []);
  const parked = item.state === "parked";
  const state = STATES.find((one) => one === item.state) ?? "other";
  return (
    <Table.Tr data-item={item.item_id} data-state={item.state}>
      <Table.Th scope="row" className={css["nowrap"] ?? ""}>{item.wip_id}</Table.Th>
      <Table.Td>{item.place}</Table.Td>
      <Table.Td>
        {told(item)}
        <div>
          <Link href={`/runs/${encodeURIComponent(item.execution_id)}`}>{item.batch_id}</Link>
        </div>
      </Table.Td>
      <Table.Td>
        <Grade grade={parked ? "bad" : "off"}>{t(`queue.states.${state}`)}</Grade>
      </Table.Td>
      <Table.Td className={css["nowrap"] ?? ""}>{elapsed(item.age)}</Table.Td>
      <Table.Td>{item.retry_count}</Table.Td>
      <Table.Td maw={420}>
        <LastError item={item} />
      </Table.Td>
      <Table.Td>
        <NextTry item={item} />
      </Table.Td>
      <Table.Td>
        <div className={css["actions"]}>
          {!parked && item.place === 1 && permissions.includes("operate") ? (
            <Button onClick={onSend} loading={busy === item.item_id} disabled={busy !== null}>
              {t("queue.send")}
            </Button>
          ) : null}
          {parked && permissions.includes("manage") ? (
            <>
              <Button onClick={() => onWish("retry")}>{t("queue.retry")}</Button>
              <Button onClick={() => onWish("discard")}>{t("queue.discard")}</Button>
            </>
          ) : null}
        </div>
      </Table.Td>
    </Table.Tr>
  );
}

function LastError({ item }: { item: QueueItem }) {
  const { t } = useTranslation("eng");
  const language = usePreferences((state) => state.language);
  if (item.last_error === "") return t("queue.noError");
  const reason = language === "ko" ? item.reason_ko : item.reason;
  if (reason === "") return <Own text={item.last_error} />;
  return (
    <>
      {reason}
      <div>
        <Own text={item.last_error} />
      </div>
    </>
  );
}

function NextTry({ item }: { item: QueueItem }) {
  const { t } = useTranslation("eng");
  const { clock, ago } = useTimes();
  switch (waitsFor(item)) {
    case "person":
      return t("queue.waitsForYou");
    case "before":
      return t("queue.afterBefore");
    case "soon":
      return t("queue.soon");
    case "moment":
      return t("queue.at", { time: clock(item.next_try ?? ""), ago: ago(item.next_try ?? "") });
  }
}
