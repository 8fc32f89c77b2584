// What was done by hand, newest first, and what the instruments answered.
import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { duration, useTimes } from "../parts/format";
import { Grade } from "../parts/Grade";
import { OutcomeBadge } from "../parts/OutcomeBadge";
import { Part } from "../parts/Screen";
import type { Answer, Command } from "./session";
import { shownValue, textOf } from "../parts/values";
import { Wide } from "../parts/Wide";
import { Fault } from "../../shared/Fault";

const OUTCOMES = ["PASSED", "FAILED", "ERROR", "ABORTED", "SKIPPED"] as const;

interface Props {
  answers: readonly Answer[];
  busyWith: string;
  /** Which say the unit of what they answer. */
  commands: readonly Command[];
}

export function HandLog({ answers, busyWith, commands }: Props) {
  const { t } = useTranslation("eng");
  const { clock } = useTimes();
  return (
    <Part title={t("manual.log")}>
      <p role="status">{busyWith === "" ? null : t("manual.busyWith", { what: busyWith })}</p>
      {answers.length === 0 ? (
        <p>{t("manual.nothingYet")}</p>
      ) : (
        <div role="log" aria-label={t("manual.log")}>
          <Wide minWidth={520}>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  {(["time", "what", "answer", "took"] as const).map((name) => (
                    <Table.Th key={name} scope="col">
                      {t(`manual.${name}`)}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {[...answers].reverse().map((answer, index) => (
                  <Table.Tr key={`${answer.at}/${index}`}>
                    <Table.Td>{clock(answer.at)}</Table.Td>
                    <Table.Td>
                      <strong>{answer.what}</strong>
                      {Object.entries(answer.params).map(([name, value]) => (
                        <div key={name}>
                          {name}: {textOf(value)}
                        </div>
                      ))}
                      <div>{answer.by}</div>
                    </Table.Td>
                    <Table.Td>
                      <Came answer={answer} unit={unitOf(answer.what, commands)} />
                    </Table.Td>
                    <Table.Td>{duration(answer.elapsed)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        </div>
      )}
    </Part>
  );
}

function unitOf(what: string, commands: readonly Command[]): string {
  return commands.find((command) => `${command.instrument}.${command.name}` === what)?.returns ?? "";
}

function Came({ answer, unit }: { answer: Answer; unit: string }) {
  const outcome = OUTCOMES.find((one) => one === answer.outcome);
  const value = shownValue(answer.value);
  return (
    <>
      {outcome === undefined ? null : <OutcomeBadge outcome={outcome} />}
      {value === "" ? null : (
        <div>
          <strong>
            {value} {unit}
          </strong>
        </div>
      )}
      {answer.measurements.map((one) => (
        <div key={one.name}>
          {one.name}: {shownValue(one.value)} {one.unit}
        </div>
      ))}
      {answer.fault == null ? null : (
        <>
          <Grade grade="bad">{answer.fault.code}</Grade>
          <div><Fault fault={answer.fault} /></div>
        </>
      )}
    </>
  );
}
