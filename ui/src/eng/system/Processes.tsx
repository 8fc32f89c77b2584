// The station's processes: what each uses of what it may use, and the slots' processes that have stopped.
import { Button, Group, Progress, Table } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAccount } from "../../client/account";
import { ask } from "../../client/rest";
import { useLive } from "../../live/store";
import { Asked } from "../parts/Asked";
import { useTimes } from "../parts/format";
import { Grade } from "../parts/Grade";
import { askAgain, useAnswer } from "../parts/queries";
import { Part } from "../parts/Screen";
import { Sure } from "../parts/Sure";
import { Own } from "../../shared/Own";
import css from "./System.module.css";
import { bytes, memoryShare, type Usage } from "./parts";
import { Wide } from "../parts/Wide";

/** From where on a process keeps a whole core busy. */
const WHOLE_CORE = 90;
const STATES = ["running", "starting", "backoff", "stopped", "stopping", "error", "unknown"] as const;

export function Processes({ memory, every }: { memory: number | null; every: number }) {
  const { t } = useTranslation("eng");
  const usage = useAnswer<Usage[]>("/api/system/processes", { every });
  const order = useLive((state) => state.order);
  return (
    <Part title={t("system.processes")}>
      <Asked answer={usage}>
        {(told) => (
          <Wide minWidth={900}>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t("system.process")}</Table.Th>
                  <Table.Th scope="col">{t("system.processState")}</Table.Th>
                  <Table.Th scope="col">{t("system.pid")}</Table.Th>
                  <Table.Th scope="col">{t("system.memory")}</Table.Th>
                  <Table.Th scope="col">{t("system.cpu")}</Table.Th>
                  <Table.Th scope="col">{t("system.started")}</Table.Th>
                  <Table.Th scope="col">{t("system.action")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {told
                  .filter((one) => one.batch_id === null)
                  .map((one) => (
                    <Row key={one.name} name={one.name} usage={one} machine={memory} />
                  ))}
                {order.map((id) => (
                  <BatchRow key={id} id={id} usage={told.find((one) => one.batch_id === id)} machine={memory} />
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Asked>
    </Part>
  );
}

interface RowProps {
  name: string;
  usage: Usage | undefined;
  machine: number | null;
  batch?: string;
}

function BatchRow({ id, usage, machine }: { id: string; usage: Usage | undefined; machine: number | null }) {
  const name = useLive((state) => state.slots[id]?.name ?? id);
  return <Row name={name} batch={id} usage={usage} machine={machine} />;
}

function Row({ name, usage, machine, batch }: RowProps) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  const told = useLive((state) => (batch === undefined ? undefined : state.slots[batch]));
  const state = STATES.find((one) => one === told?.processState) ?? (usage === undefined ? "gone" : "running");
  const ill = state === "error" || state === "backoff" || (batch === undefined && usage === undefined);
  return (
    <Table.Tr data-process={batch ?? name}>
      <Table.Th scope="row" className={css["whole"] ?? ""}>
        {name}
      </Table.Th>
      <Table.Td maw={380}>
        <Grade grade={ill ? "bad" : state === "running" ? "good" : "off"}>{t(`system.state.${state}`)}</Grade>
        {told === undefined || told.alert === "" ? null : <div><Own text={told.alert} /></div>}
      </Table.Td>
      <Table.Td className={css["whole"] ?? ""}>{usage?.pid}</Table.Td>
      <Table.Td miw={300}>{usage === undefined ? null : <Memory name={name} usage={usage} machine={machine} />}</Table.Td>
      <Table.Td miw={160}>{usage === undefined ? null : <Cpu name={name} percent={usage.cpu_percent} />}</Table.Td>
      <Table.Td className={css["whole"] ?? ""}>{usage === undefined ? null : full(usage.started_at)}</Table.Td>
      <Table.Td>{batch === undefined ? null : <Restart batch={batch} name={name} running={usage !== undefined} />}</Table.Td>
    </Table.Tr>
  );
}

function Memory({ name, usage, machine }: { name: string; usage: Usage; machine: number | null }) {
  const { t } = useTranslation("eng");
  const share = memoryShare(usage, machine);
  const percent = share === null ? "–" : (share * 100).toFixed(0);
  const limit = usage.memory_limit_bytes ?? null;
  const used = bytes(usage.memory_bytes);
  return (
    <>
      {limit === null ? t("system.ofMachine", { used, percent }) : t("system.ofLimit", { used, limit: bytes(limit), percent })}
      <Bar label={t("system.memoryOf", { name })} percent={(share ?? 0) * 100} warn={usage.memory_warning} />
      {usage.memory_warning ? <Grade grade="warning">{t("system.nearLimit")}</Grade> : null}
    </>
  );
}

function Cpu({ name, percent }: { name: string; percent: number }) {
  const { t } = useTranslation("eng");
  const whole = percent >= WHOLE_CORE;
  return (
    <>
      {percent.toFixed(1)} %
      <Bar label={t("system.cpuOf", { name })} percent={Math.min(100, percent)} warn={whole} />
      {whole ? <Grade grade="warning">{t("system.overCpu")}</Grade> : null}
    </>
  );
}

function Bar({ label, percent, warn }: { label: string; percent: number; warn: boolean }) {
  return (
    <Progress.Root size="lg" mt={4} bd="1px solid var(--line)" bg="var(--surface)">
      <Progress.Section value={percent} color={warn ? "var(--fail)" : "var(--accent)"} aria-label={label} />
    </Progress.Root>
  );
}

function Restart({ batch, name, running }: { batch: string; name: string; running: boolean }) {
  const { t } = useTranslation("eng");
  const [asked, setAsked] = useState(false);
  const may = useAccount((state) => state.account?.permissions.includes("manage") ?? false);
  if (!may) return null;
  const path = `/api/batches/${encodeURIComponent(batch)}`;
  const act = async () => {
    await ask("POST", `${path}/${running ? "restart" : "start"}`, { body: {}, within: 30_000 });
    await askAgain("/api/system", "/api/batches");
  };
  return (
    <Group>
      <Button onClick={() => setAsked(true)} aria-label={`${name}: ${t(running ? "system.restart" : "system.start")}`}>
        {t(running ? "system.restart" : "system.start")}
      </Button>
      {asked ? (
        <Sure title={t("system.restartTitle", { name })} action={t("system.restart")} onDo={act} onClose={() => setAsked(false)}>
          <p>{t("system.restartText")}</p>
        </Sure>
      ) : null}
    </Group>
  );
}
