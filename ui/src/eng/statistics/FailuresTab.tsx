// Why steps fail, the most frequent cause first.
import { Table } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { Chart } from "../charts/Chart";
import { useTokens } from "../charts/colours";
import { Asked } from "../parts/Asked";
import { percent } from "../parts/format";
import { pathOf, useAnswer } from "../parts/queries";
import { Part } from "../parts/Screen";
import { paretoOption } from "./drawings/pareto";
import { runsOf } from "./links";
import css from "./Statistics.module.css";
import type { Cause, Failures } from "./types";
import type { Filtering } from "./useFilters";

/** More bars cannot be read. */
const SHOWN = 15;

export function FailuresTab(filtering: Filtering) {
  const { t } = useTranslation("eng");
  const { filters, span } = filtering;
  const asked = { batch_id: filters.batch, sequence_name: filters.sequence, ...span, limit: SHOWN };
  const failures = useAnswer<Failures>(pathOf("/api/statistics/failures", asked));
  return (
    <Asked answer={failures}>
      {({ causes, total }) =>
        causes.length === 0 ? (
          <p>{t("statistics.failures.none")}</p>
        ) : (
          <Pareto causes={causes} total={total} {...filtering} />
        )
      }
    </Asked>
  );
}

function Pareto({ causes, total, filters, span }: { causes: Cause[]; total: number } & Filtering) {
  const { t } = useTranslation("eng");
  const tokens = useTokens();
  const [, go] = useLocation();
  const [count, cumulative] = [t("statistics.failures.count"), t("statistics.failures.cumulative")];
  const option = useMemo(() => paretoOption(causes, { count, cumulative }, tokens), [causes, count, cumulative, tokens]);
  const runs = (cause: Cause | undefined) => runsOf(filters, span, cause === undefined ? {} : { failed_step: cause.step });
  return (
    <Part title={t("statistics.failures.chart")}>
      <Chart
        label={t("statistics.failures.chart")}
        option={option}
        height={420}
        opened
        onPick={(index) => go(runs(causes[index]))}
        table={() => (
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("statistics.failures.step")}</Table.Th>
                <Table.Th scope="col">{t("statistics.failures.cause")}</Table.Th>
                <Table.Th scope="col">{count}</Table.Th>
                <Table.Th scope="col">{t("statistics.failures.share")}</Table.Th>
                <Table.Th scope="col">{cumulative}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {causes.map((cause) => (
                <Table.Tr key={`${cause.step}/${cause.kind}/${cause.name}`}>
                  <Table.Th scope="row">
                    <Link className={css["link"] ?? ""} href={runs(cause)}>
                      {cause.step}
                    </Link>
                  </Table.Th>
                  <Table.Td>
                    {cause.name} ({t(`statistics.failures.kind.${cause.kind === "measurement" ? "measurement" : "fault"}`)})
                  </Table.Td>
                  <Table.Td>{cause.count}</Table.Td>
                  <Table.Td>{percent(cause.share)}</Table.Td>
                  <Table.Td>{percent(cause.cumulative)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      />
      <p className={css["note"]}>{t("statistics.failures.more", { total, shown: causes.length })}</p>
    </Part>
  );
}
