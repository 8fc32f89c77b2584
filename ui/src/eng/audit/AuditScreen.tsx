// What people did, newest first; and whether the list of it is whole.
import { Button, Group, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { ask } from "../../client/rest";
import type { components } from "../../client/schema";
import { Asked, Empty } from "../parts/Asked";
import { useChosen } from "../parts/chosen";
import { useTimes } from "../parts/format";
import { pathOf, useAnswer } from "../parts/queries";
import { Screen } from "../parts/Screen";
import css from "../parts/List.module.css";
import { AuditFilter, NAMES } from "./AuditFilter";
import { Verify } from "./Verify";
import { Wide } from "../parts/Wide";

type Entry = components["schemas"]["AuditEntry"];
type Check = components["schemas"]["AuditCheck"];
const AT_ONCE = 100;

export default function AuditScreen() {
  const { t } = useTranslation("eng");
  const [chosen, choose] = useChosen([...NAMES, "before"]);
  const page = useAnswer<components["schemas"]["AuditPage"]>(pathOf("/api/audit", { ...chosen, limit: AT_ONCE }), {
    // Whoever looks at an older page sees it stand still.
    ...(chosen.before === "" ? { every: 5000 } : {}),
  });
  return (
    <Screen title={t("audit.title")}>
      <Verify verify={() => ask<Check>("GET", "/api/audit/verify", { within: 120_000 })} />
      <AuditFilter chosen={chosen} onChoose={(asked) => choose({ ...asked, before: "" })} />
      <Asked answer={page}>
        {(told) => (
          <>
            {told.items.length === 0 ? <Empty /> : <Entries entries={told.items} />}
            <Group mt="md">
              <Button disabled={chosen.before === ""} onClick={() => choose({ before: "" })}>
                {t("list.newest")}
              </Button>
              <Button
                disabled={told.next === null || page.isPlaceholderData}
                onClick={() => choose({ before: told.next === null ? "" : String(told.next) })}
              >
                {t("list.older")}
              </Button>
            </Group>
          </>
        )}
      </Asked>
    </Screen>
  );
}

function Entries({ entries }: { entries: readonly Entry[] }) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  return (
    <Wide minWidth={1000}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {(["number", "time", "actor", "action", "target", "reason", "data"] as const).map((name) => (
              <Table.Th key={name} scope="col">
                {t(`audit.${name}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map((entry) => (
            <Table.Tr key={entry.id}>
              <Table.Th scope="row">{entry.id}</Table.Th>
              <Table.Td className={css["time"] ?? ""}>{full(entry.time)}</Table.Td>
              <Table.Td>{entry.actor}</Table.Td>
              <Table.Td>{entry.action}</Table.Td>
              <Table.Td>{entry.target}</Table.Td>
              <Table.Td>{entry.reason}</Table.Td>
              <Table.Td maw={480}>
                <div className={css["data"]}>{detailsOf(entry.data)}</div>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

function detailsOf(data: Entry["data"]): string {
  const said = Object.entries(data).filter(([, value]) => value !== null && value !== "");
  return said.map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`).join("\n");
}
