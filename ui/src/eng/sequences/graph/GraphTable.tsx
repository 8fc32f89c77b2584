// The same as the graph, as a table: for the keyboard, and for whoever does not see the picture.
import { Table } from "@mantine/core";
import { useMemo, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useCondition } from "../StepsTable";
import type { SequenceStep } from "../types";
import css from "./Graph.module.css";
import type { Standing } from "./live";
import { reducedNeeds } from "./model";
import { StandingBadge } from "./StepNode";

interface Props {
  steps: SequenceStep[];
  standings: Map<string, Standing> | null;
  chosen: string;
  onChoose: (step: string) => void;
}

export function GraphTable({ steps, standings, chosen, onChoose }: Props) {
  const { t } = useTranslation("eng");
  const conditionOf = useCondition();
  const needs = useMemo(() => reducedNeeds(steps), [steps]);
  const titles = new Map(steps.map((step) => [step.name, step.title]));
  return (
    <Table captionSide="top" onKeyDown={moveFocus}>
      <Table.Caption>{t("sequences.flow.table")}</Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t("sequences.steps.step")}</Table.Th>
          <Table.Th scope="col">{t("sequences.steps.needs")}</Table.Th>
          <Table.Th scope="col">{t("sequences.steps.condition")}</Table.Th>
          {standings === null ? null : <Table.Th scope="col">{t("sequences.flow.state")}</Table.Th>}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {steps.map((step, index) => {
          const standing = standings?.get(step.name);
          return (
            <Table.Tr key={step.name} className={step.name === chosen ? css["chosenRow"] : undefined}>
              <Table.Th scope="row">
                <button
                  type="button"
                  className={css["choose"]}
                  aria-pressed={step.name === chosen}
                  aria-label={`${index + 1}. ${step.title}: ${t("sequences.flow.choose")}`}
                  onClick={() => onChoose(step.name)}
                >
                  {index + 1}. {step.title}
                </button>
                {step.cleanup ? <div className={css["condition"]}>{t("sequences.flow.cleanup")}</div> : null}
              </Table.Th>
              <Table.Td>{(needs.get(step.name) ?? []).map((name) => titles.get(name) ?? name).join(", ")}</Table.Td>
              <Table.Td>{conditionOf(step.condition)}</Table.Td>
              {standings === null ? null : (
                <Table.Td>{standing === undefined ? null : <StandingBadge standing={standing} />}</Table.Td>
              )}
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

/** Up and down go from step to step. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const at = buttons.findIndex((button) => button === document.activeElement);
  const next = at < 0 ? undefined : buttons[at + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
