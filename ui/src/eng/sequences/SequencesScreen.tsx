// The sequences of the station: what they are, and which version each slot uses.
import { Button, Table } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useAccount } from "../../client/account";
import { usePreferences } from "../../shared/preferences";
import { Asked } from "../parts/Asked";
import { useTimes } from "../parts/format";
import { useAnswer } from "../parts/queries";
import { Screen } from "../parts/Screen";
import css from "./Sequences.module.css";
import { addressOf, said, short, type SequenceEntry, type Use } from "./types";
import { UploadDialog } from "./UploadDialog";

export default function SequencesScreen() {
  const { t } = useTranslation("eng");
  const mayUpload = useAccount((state) => state.account?.permissions.includes("administer") ?? false);
  const [uploading, setUploading] = useState(false);
  const sequences = useAnswer<SequenceEntry[]>("/api/sequences");
  return (
    <Screen
      title={t("sequences.title")}
      actions={mayUpload ? <Button onClick={() => setUploading(true)}>{t("sequences.upload")}</Button> : null}
    >
      <Asked answer={sequences}>
        {(found) => (found.length === 0 ? <p>{t("sequences.none")}</p> : <List sequences={found} />)}
      </Asked>
      {uploading ? <UploadDialog onClose={() => setUploading(false)} /> : null}
    </Screen>
  );
}

function List({ sequences }: { sequences: SequenceEntry[] }) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  const language = usePreferences((state) => state.language);
  return (
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t("sequences.name")}</Table.Th>
          <Table.Th scope="col">{t("sequences.about")}</Table.Th>
          <Table.Th scope="col">{t("sequences.versions")}</Table.Th>
          <Table.Th scope="col">{t("sequences.usedBy")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {sequences.map((sequence) => (
          <Table.Tr key={sequence.name}>
            <Table.Th scope="row">
              <Link className={css["link"] ?? ""} href={addressOf(sequence.name)}>
                {said(sequence.title, language)}
              </Link>
              <div className={css["code"]}>{sequence.name}</div>
            </Table.Th>
            <Table.Td>{said(sequence.about, language)}</Table.Td>
            <Table.Td>
              {sequence.versions.length}
              {sequence.versions[0] === undefined ? null : (
                <div className={css["note"]}>
                  {sequence.versions[0].version} · {full(sequence.versions[0].published_at)}
                </div>
              )}
            </Table.Td>
            <Table.Td>
              {sequence.used_by.length === 0 ? <span className={css["note"]}>{t("sequences.notUsed")}</span> : null}
              {sequence.used_by.map((use) => (
                <div key={use.batch}>
                  <strong>{use.batch}</strong>: <UsedVersion use={use} />
                </div>
              ))}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** 1.2.0 (3f2a...), and whether somebody chose it. */
export function UsedVersion({ use }: { use: Use }) {
  const { t } = useTranslation("eng");
  if (use.content_hash === "") return <>{t("sequences.unusable")}</>;
  return (
    <>
      {use.version} <span className={css["code"]}>{short(use.content_hash)}</span>{" "}
      <span className={css["note"]}>({use.chosen ? t("sequences.chosen") : t("sequences.fromFolder")})</span>
    </>
  );
}
