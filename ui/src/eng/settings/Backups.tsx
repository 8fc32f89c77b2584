// What station.yaml was before it was saved, each to be taken back.
import { Button, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ask, type StationError } from "../../client/rest";
import type { components } from "../../client/schema";
import { Asked } from "../parts/Asked";
import { useTimes } from "../parts/format";
import { askAgain, queries, useAnswer } from "../parts/queries";
import { Part } from "../parts/Screen";
import { Sure } from "../parts/Sure";
import { ChangeTable, DiffView } from "./Changes";
import type { SettingsCheck, SettingsText } from "./Draft";
import { Problems } from "./Problems";

type Backup = components["schemas"]["SettingsBackup"];
const PATH = "/api/system/settings";

export function Backups({ hash, onRestored }: { hash: string; onRestored: () => void }) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  const backups = useAnswer<Backup[]>(`${PATH}/backups`);
  const [wanted, setWanted] = useState<Backup | null>(null);
  return (
    <Part title={t("settings.backups")}>
      <Asked answer={backups}>
        {(told) =>
          told.length === 0 ? (
            <p>{t("settings.noBackups")}</p>
          ) : (
            <Table>
              <Table.Thead>
                <Table.Tr>
                  {(["backup", "size", "do"] as const).map((name) => (
                    <Table.Th key={name} scope="col">
                      {t(`settings.${name}`)}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {told.map((backup) => (
                  <Table.Tr key={backup.id}>
                    <Table.Th scope="row">{full(backup.saved_at)}</Table.Th>
                    <Table.Td>{t("settings.bytes", { count: backup.size })}</Table.Td>
                    <Table.Td>
                      <Button
                        onClick={() => setWanted(backup)}
                        aria-label={`${full(backup.saved_at)}: ${t("settings.restore")}`}
                      >
                        {t("settings.restore")}
                      </Button>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Asked>
      {wanted === null ? null : (
        <Restore backup={wanted} hash={hash} onRestored={onRestored} onClose={() => setWanted(null)} />
      )}
    </Part>
  );
}

interface RestoreProps {
  backup: Backup;
  hash: string;
  onRestored: () => void;
  onClose: () => void;
}

function Restore({ backup, hash, onRestored, onClose }: RestoreProps) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  const check = useQuery<SettingsCheck, StationError>({
    queryKey: ["backup", backup.id, hash],
    queryFn: () => ask<SettingsCheck>("POST", `${PATH}/validate`, { body: { backup: backup.id } }),
  });

  async function restore(reason: string): Promise<void> {
    const body = { backup: backup.id, hash, reason };
    const saved = await ask<SettingsText>("POST", `${PATH}/restore`, { body, within: 30_000 });
    queries.setQueryData(["api", "system", "settings"], saved);
    await askAgain(`${PATH}/backups`, "/api/audit");
    onRestored();
  }

  return (
    <Sure
      title={t("settings.restoreTitle")}
      action={t("settings.restore")}
      reason="optional"
      incomplete={check.data === undefined || check.data.problems.length > 0}
      onDo={restore}
      onClose={onClose}
    >
      <p>{t("settings.restoreText", { time: full(backup.saved_at) })}</p>
      <Asked answer={check}>
        {(found) => (
          <>
            <Problems problems={found.problems} onGoTo={() => undefined} />
            {found.diff.length === 0 ? null : <DiffView diff={found.diff} label={t("settings.diff")} />}
            {found.problems.length > 0 ? null : <ChangeTable changes={found.changes} />}
          </>
        )}
      </Asked>
    </Sure>
  );
}
