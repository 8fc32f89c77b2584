// What differs from what runs, and which lines of the file change.
import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { SettingsCheck } from "./Draft";
import { kindOf } from "./lines";
import css from "./Settings.module.css";
import { Wide } from "../parts/Wide";

export function ChangeTable({ changes }: { changes: SettingsCheck["changes"] }) {
  const { t } = useTranslation("eng");
  if (changes.length === 0) return <p>{t("settings.noChanges")}</p>;
  return (
    <Wide minWidth={700}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {(["setting", "runs", "becomes", "effect"] as const).map((name) => (
              <Table.Th key={name} scope="col">
                {t(`settings.${name}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {changes.map((change) => (
            <Table.Tr key={change.path}>
              <Table.Th scope="row">
                <code>{change.path}</code>
              </Table.Th>
              <Table.Td>
                <Value value={change.before} />
              </Table.Td>
              <Table.Td>
                <Value value={change.after} />
              </Table.Td>
              <Table.Td>{t(`settings.effects.${change.effect}`)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

function Value({ value }: { value: unknown }) {
  const { t } = useTranslation("eng");
  if (value === null || value === undefined || value === "") return t("settings.none");
  return <code>{typeof value === "string" ? value : JSON.stringify(value)}</code>;
}

export function DiffView({ diff, label }: { diff: readonly string[]; label: string }) {
  return (
    <pre className={css["diff"]} tabIndex={0} role="group" aria-label={label}>
      {diff.map((line, index) => (
        <span key={index} data-kind={kindOf(line)}>
          {line}
        </span>
      ))}
    </pre>
  );
}
