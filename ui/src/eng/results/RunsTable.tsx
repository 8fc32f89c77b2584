// Runs, a line each; a line leads to its run.
import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { RunSummary } from "../../client/station";
import { sentenceOf } from "../../i18n/errors";
import { useLive } from "../../live/store";
import { usePreferences } from "../../shared/preferences";
import { OutcomeBadge } from "../parts/OutcomeBadge";
import { duration, useTimes } from "../parts/format";
import { Wide } from "../parts/Wide";
import css from "./Results.module.css";

const COLUMNS = ["accepted", "wip", "outcome", "slot", "sequence", "operator", "duration", "why", "mes"] as const;

export function RunsTable({ runs }: { runs: readonly RunSummary[] }) {
  const { t } = useTranslation("eng");
  return (
    <Wide label={t("results.runs")}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {COLUMNS.map((column) => (
              <Table.Th key={column} scope="col" className={column === "duration" ? css["number"] : undefined}>
                {t(`results.column.${column}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <Row key={run.execution_id} run={run} />
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

function Row({ run }: { run: RunSummary }) {
  const { t } = useTranslation("eng");
  const { t: common } = useTranslation();
  const { full } = useTimes();
  const language = usePreferences((state) => state.language);
  const slot = useLive((state) => state.slots[run.batch_id]?.name ?? run.batch_id);
  const why = run.reason === null ? "" : sentenceOf(run.reason.code, run.reason.message, language);
  return (
    <Table.Tr className={css["row"]}>
      <Table.Th scope="row" className={css["nowrap"]}>
        <Link href={`/runs/${run.execution_id}`} className={css["lead"] ?? ""}>
          {full(run.accepted_at)}
        </Link>
      </Table.Th>
      <Table.Td className={css["nowrap"]}>{run.wip_id ?? "–"}</Table.Td>
      <Table.Td>
        {run.outcome === null ? <b>{run.refused ? t("results.refusedOne") : `▶ ${common(`state.${run.state}`)}`}</b> : <OutcomeBadge outcome={run.outcome} />}
      </Table.Td>
      <Table.Td className={css["nowrap"]}>{slot}</Table.Td>
      <Table.Td>
        {run.sequence_name} {run.sequence_version}
      </Table.Td>
      <Table.Td>{run.operator_id ?? "–"}</Table.Td>
      <Table.Td className={css["number"]}>{duration(run.duration)}</Table.Td>
      <Table.Td className={css["why"]}>
        {run.reason?.step ? `${run.reason.step}: ` : ""}
        {why}
      </Table.Td>
      <Table.Td>{run.synced_at === null ? "–" : "✓"}</Table.Td>
    </Table.Tr>
  );
}
