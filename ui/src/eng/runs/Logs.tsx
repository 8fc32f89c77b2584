// The log of a run, newest first, filtered by level, step and text; it grows while the run goes on.
import { Group, Select, Table, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import type { components } from "../../client/schema";
import { LEVELS } from "../logs/filter";
import { Failure } from "../parts/Asked";
import { useTimes } from "../parts/format";
import { Part } from "../parts/Screen";
import { Wide } from "../parts/Wide";
import { More } from "./More";
import css from "./Run.module.css";
import { usePages } from "./usePages";
import type { RunDetail } from "./why";
import { titleOf } from "./WhyLine";

export function Logs({ run }: { run: RunDetail }) {
  const { t } = useTranslation("eng");
  const { clock, full } = useTimes();
  const [search, setSearch] = useSearchParams();
  const [level, step, text] = [search.get("level") ?? "", search.get("step") ?? "", search.get("text") ?? ""];
  const pages = usePages<components["schemas"]["LogsPage"]>(
    `/api/results/${encodeURIComponent(run.execution_id)}/logs`,
    { level, step, text, limit: 200 },
    "cursor",
    (page) => page.next_cursor,
  );
  const lines = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const steps = [...new Set(run.steps.map((one) => one.step_name))];

  function choose(changed: Record<string, string>): void {
    const chosen = { level, step, text, ...changed };
    setSearch({ tab: "logs", ...Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== "")) }, { replace: true });
  }

  return (
    <Part title={t("run.logs.title")}>
      <Group mb="md" align="flex-end">
        <Select
          label={t("run.logs.level")}
          data={[{ value: "", label: t("run.logs.all") }, ...LEVELS.map((one) => ({ value: one, label: one }))]}
          value={level}
          allowDeselect={false}
          onChange={(chosen) => choose({ level: chosen ?? "" })}
        />
        <Select
          label={t("run.logs.step")}
          data={[{ value: "", label: t("run.logs.everyStep") }, ...steps.map((one) => ({ value: one, label: titleOf(run, one) }))]}
          value={step}
          allowDeselect={false}
          onChange={(chosen) => choose({ step: chosen ?? "" })}
        />
        <TextInput label={t("run.logs.text")} value={text} onChange={(event) => choose({ text: event.currentTarget.value })} />
      </Group>
      {pages.error === null ? null : <Failure error={pages.error} />}
      {lines.length === 0 && pages.isSuccess ? (
        <p>{t("run.logs.none")}</p>
      ) : (
        <Wide label={t("run.logs.title")}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("run.logs.time")}</Table.Th>
                <Table.Th scope="col">{t("run.logs.level")}</Table.Th>
                <Table.Th scope="col">{t("run.logs.step")}</Table.Th>
                <Table.Th scope="col">{t("run.logs.message")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {lines.map((line) => (
                <Table.Tr key={line.id} data-level={line.level} className={css["logLine"]}>
                  <Table.Td title={full(line.timestamp)}>
                    {clock(line.timestamp)}
                    <span className={css["dim"]}>.{fraction(line.timestamp)}</span>
                  </Table.Td>
                  <Table.Td>{line.level}</Table.Td>
                  <Table.Td>{line.step_name}</Table.Td>
                  <Table.Td>
                    {line.message}
                    {Object.keys(line.data).length === 0 ? null : <code className={css["block"]}>{JSON.stringify(line.data)}</code>}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
      <More text={t("run.logs.older")} shown={pages.hasNextPage} busy={pages.isFetching} onMore={() => void pages.fetchNextPage()} />
    </Part>
  );
}

/** The milliseconds of a time. */
export function fraction(time: string): string {
  return String(new Date(time).getMilliseconds()).padStart(3, "0");
}
