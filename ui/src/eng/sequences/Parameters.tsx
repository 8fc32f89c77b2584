// What a start may set: kind, range, unit, default.
import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import css from "./Sequences.module.css";
import type { ValueSpec } from "./types";

export function Parameters({ parameters }: { parameters: Record<string, ValueSpec> }) {
  const { t } = useTranslation("eng");
  const all = Object.entries(parameters);
  if (all.length === 0) return <p>{t("sequences.parameters.none")}</p>;

  const written = (value: unknown): string => {
    if (value === null || value === undefined) return "";
    if (typeof value === "boolean") return t(value ? "sequences.parameters.true" : "sequences.parameters.false");
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  const range = ({ min, max, options }: ValueSpec): string => {
    if (options != null) return options.map(written).join(", ");
    if (min != null && max != null) return `${min} – ${max}`;
    if (min != null) return t("sequences.parameters.from", { min });
    return max == null ? "" : t("sequences.parameters.to", { max });
  };
  return (
    <div className={css["wide"]}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("sequences.parameters.name")}</Table.Th>
            <Table.Th scope="col">{t("sequences.parameters.type")}</Table.Th>
            <Table.Th scope="col">{t("sequences.parameters.range")}</Table.Th>
            <Table.Th scope="col">{t("sequences.parameters.unit")}</Table.Th>
            <Table.Th scope="col">{t("sequences.parameters.default")}</Table.Th>
            <Table.Th scope="col">{t("sequences.about")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {all.map(([name, spec]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row">
                {spec.display_name ?? name}
                {spec.display_name == null ? null : <div className={css["code"]}>{name}</div>}
              </Table.Th>
              <Table.Td>
                {t(`sequences.parameters.types.${spec.type ?? "any"}`)}
                {spec.required ? <div className={css["note"]}>{t("sequences.parameters.required")}</div> : null}
              </Table.Td>
              <Table.Td>{range(spec)}</Table.Td>
              <Table.Td>{spec.unit}</Table.Td>
              <Table.Td>{written(spec.default)}</Table.Td>
              <Table.Td>{spec.description}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
