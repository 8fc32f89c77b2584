// Lines of the log.
import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { components } from "../../client/schema";
import { useTimes } from "../parts/format";
import { Grade, type GradeName } from "../parts/Grade";
import css from "../parts/List.module.css";
import { LEVELS, type Level } from "./filter";
import { Wide } from "../parts/Wide";

type Line = components["schemas"]["LogRow"];

const GRADES: Record<Level, GradeName> = { debug: "off", info: "off", warning: "warning", error: "bad", critical: "bad" };

export function LogTable({ lines }: { lines: readonly Line[] }) {
  const { t } = useTranslation("eng");
  return (
    <Wide minWidth={900}>
      <Table verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            {(["time", "level", "batch", "step", "message"] as const).map((name) => (
              <Table.Th key={name} scope="col">
                {t(`logs.${name}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lines.map((line) => (
            <LineRow key={`${line.id}/${line.timestamp}`} line={line} />
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

function LineRow({ line }: { line: Line }) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  const level = LEVELS.find((one) => one === line.level.toLowerCase()) ?? "info";
  const data = Object.entries(line.data).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return (
    <Table.Tr>
      <Table.Td className={css["time"] ?? ""}>{full(line.timestamp)}</Table.Td>
      <Table.Td>
        {GRADES[level] === "off" ? t(`logs.levels.${level}`) : <Grade grade={GRADES[level]}>{t(`logs.levels.${level}`)}</Grade>}
      </Table.Td>
      <Table.Td>
        {line.execution_id === null ? line.batch_id : <Link href={`/runs/${encodeURIComponent(line.execution_id)}`}>{line.batch_id}</Link>}
      </Table.Td>
      <Table.Td>{line.step_name}</Table.Td>
      <Table.Td>
        <div className={css["message"]}>{line.message}</div>
        {data.length === 0 ? null : <div className={css["data"]}>{data.join(" ")}</div>}
      </Table.Td>
    </Table.Tr>
  );
}
