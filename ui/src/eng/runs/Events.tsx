// The live events of a run as they were kept: what every screen was told.
import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { components } from "../../client/schema";
import { Failure } from "../parts/Asked";
import { useTimes } from "../parts/format";
import { Part } from "../parts/Screen";
import { Wide } from "../parts/Wide";
import { fraction } from "./Logs";
import { More } from "./More";
import css from "./Run.module.css";
import { usePages } from "./usePages";
import type { RunDetail } from "./why";

export function Events({ run }: { run: RunDetail }) {
  const { t } = useTranslation("eng");
  const { clock } = useTimes();
  const pages = usePages<components["schemas"]["EventsPage"]>(
    `/api/results/${encodeURIComponent(run.execution_id)}/events`,
    { limit: 200 },
    "after",
    (page) => page.next_after,
  );
  const events = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Part title={t("run.events.title")}>
      {pages.error === null ? null : <Failure error={pages.error} />}
      {events.length === 0 && pages.isSuccess ? (
        <p>{t("run.events.none")}</p>
      ) : (
        <Wide label={t("run.events.title")}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("run.logs.time")}</Table.Th>
                <Table.Th scope="col">{t("run.events.type")}</Table.Th>
                <Table.Th scope="col">{t("run.events.data")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {events.map((event) => (
                <Table.Tr key={event.id}>
                  <Table.Td>
                    {clock(event.time)}
                    <span className={css["dim"]}>.{fraction(event.time)}</span>
                  </Table.Td>
                  <Table.Th scope="row">{event.type}</Table.Th>
                  <Table.Td>
                    <code className={css["json"]}>{JSON.stringify(event.data)}</code>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
      <More text={t("run.events.more")} shown={pages.hasNextPage} busy={pages.isFetching} onMore={() => void pages.fetchNextPage()} />
    </Part>
  );
}
