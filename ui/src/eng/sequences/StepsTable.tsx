// The steps of a version, in their order.
import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { duration } from "../parts/format";
import css from "./Sequences.module.css";
import type { SequenceStep } from "./types";

export function StepsTable({ steps }: { steps: SequenceStep[] }) {
  const { t } = useTranslation("eng");
  const conditionOf = useCondition();
  return (
    <div className={css["wide"]}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("sequences.steps.number")}</Table.Th>
            <Table.Th scope="col">{t("sequences.steps.step")}</Table.Th>
            <Table.Th scope="col">{t("sequences.steps.kind")}</Table.Th>
            <Table.Th scope="col">{t("sequences.steps.needs")}</Table.Th>
            <Table.Th scope="col">{t("sequences.steps.uses")}</Table.Th>
            <Table.Th scope="col">{t("sequences.steps.condition")}</Table.Th>
            <Table.Th scope="col">{t("sequences.steps.timeout")}</Table.Th>
            <Table.Th scope="col">{t("sequences.steps.retry")}</Table.Th>
            <Table.Th scope="col">{t("sequences.steps.onFail")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {steps.map((step, index) => (
            <Table.Tr key={step.name}>
              <Table.Td>{index + 1}</Table.Td>
              <Table.Th scope="row">
                {step.title}
                {step.title === step.name ? null : <div className={css["code"]}>{step.name}</div>}
                {step.description === "" ? null : <div className={css["note"]}>{step.description}</div>}
                {step.prompt == null ? null : <div className={css["note"]}>{t("sequences.steps.prompt")}</div>}
              </Table.Th>
              <Table.Td>{t(step.cleanup ? "sequences.steps.cleanup" : "sequences.steps.test")}</Table.Td>
              <Table.Td>{step.needs.join(", ")}</Table.Td>
              <Table.Td>
                {step.uses === null
                  ? t("sequences.steps.allInstruments")
                  : step.uses.length === 0
                    ? t("sequences.steps.noInstruments")
                    : step.uses.join(", ")}
              </Table.Td>
              <Table.Td>{conditionOf(step.condition)}</Table.Td>
              <Table.Td>{duration(step.timeout)}</Table.Td>
              <Table.Td>{step.retry ?? t("sequences.steps.asStation")}</Table.Td>
              <Table.Td>{t(step.on_fail === "continue" ? "sequences.steps.continue" : "sequences.steps.stop")}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

/** A step's condition in words. */
export function useCondition(): (condition: string | null) => string {
  const { t } = useTranslation("eng");
  return (condition) => {
    if (condition === null || condition === "") return "";
    return condition.startsWith("!")
      ? t("sequences.steps.unless", { name: condition.slice(1) })
      : t("sequences.steps.if", { name: condition });
  };
}
