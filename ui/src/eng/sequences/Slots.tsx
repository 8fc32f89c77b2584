// Which version the next run of each slot uses; choosing another one, and going back.
import { Button, Table, VisuallyHidden } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAccount } from "../../client/account";
import { useLive } from "../../live/store";
import { Asked } from "../parts/Asked";
import { useTimes } from "../parts/format";
import { useAnswer } from "../parts/queries";
import { Part } from "../parts/Screen";
import { ChoiceDialog, useStanding, type Wish } from "./ChoiceDialog";
import { UsedVersion } from "./SequencesScreen";
import css from "./Sequences.module.css";
import { short, type BatchSequence, type SequenceDetail, type Use } from "./types";

export function Slots({ detail }: { detail: SequenceDetail }) {
  const { t } = useTranslation("eng");
  const [wish, setWish] = useState<Wish | null>(null);
  const [done, setDone] = useState("");
  if (detail.used_by.length === 0) return <p>{t("sequences.slots.none")}</p>;
  return (
    <>
      <p role="status">{done}</p>
      <Part title={t("sequences.tab.slots")}>
        <div className={css["wide"]}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("sequences.slots.slot")}</Table.Th>
                <Table.Th scope="col">{t("sequences.slots.uses")}</Table.Th>
                <Table.Th scope="col">{t("sequences.slots.since")}</Table.Th>
                <Table.Td />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {detail.used_by.map((use) => (
                <Row key={use.batch} use={use} detail={detail} onWish={setWish} />
              ))}
            </Table.Tbody>
          </Table>
        </div>
      </Part>
      {detail.used_by.map((use) => (
        <History key={use.batch} batch={use.batch} />
      ))}
      {wish === null ? null : (
        <ChoiceDialog
          wish={wish}
          onClose={() => setWish(null)}
          onDone={(said) => {
            setWish(null);
            setDone(said);
          }}
        />
      )}
    </>
  );
}

function Row({ use, detail, onWish }: { use: Use; detail: SequenceDetail; onWish: (wish: Wish) => void }) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  const may = useAccount((state) => state.account?.permissions.includes("manage") ?? false);
  const name = useLive((state) => state.slots[use.batch]?.name ?? use.batch);
  const standing = useStanding(use.batch);
  const ours = use.content_hash === detail.content_hash;
  const wish = { batch: use.batch, slot: name };
  return (
    <Table.Tr>
      <Table.Th scope="row">{name}</Table.Th>
      <Table.Td>
        <UsedVersion use={use} />
        {standing === "unknown" ? null : (
          <div className={css["note"]}>{t(standing === "running" ? "sequences.slots.nowOn" : "sequences.slots.nowFree")}</div>
        )}
      </Table.Td>
      <Table.Td>
        {use.at == null ? null : `${use.by} · ${full(use.at)}`}
        <div className={css["note"]}>{use.reason}</div>
      </Table.Td>
      <Table.Td>
        <div className={css["buttons"]} style={{ marginTop: 0 }}>
          {ours && use.chosen ? <span className={css["note"]}>{t("sequences.slots.already")}</span> : null}
          {may && !(ours && use.chosen) ? (
            <Button
              onClick={() =>
                onWish({ ...wish, to: { name: detail.name, version: detail.version, content_hash: detail.content_hash } })
              }
            >
              {t("sequences.slots.activate")}: {detail.version} {short(detail.content_hash)}
              <VisuallyHidden>: {name}</VisuallyHidden>
            </Button>
          ) : null}
          {may && use.chosen ? (
            <Button onClick={() => onWish({ ...wish, to: null })}>
              {t("sequences.slots.rollback")}
              <VisuallyHidden>: {name}</VisuallyHidden>
            </Button>
          ) : null}
        </div>
      </Table.Td>
    </Table.Tr>
  );
}

function History({ batch }: { batch: string }) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  const name = useLive((state) => state.slots[batch]?.name ?? batch);
  const choice = useAnswer<BatchSequence>(`/api/batches/${encodeURIComponent(batch)}/sequence`);
  return (
    <Part title={t("sequences.slots.history", { slot: name })}>
      <Asked answer={choice}>
        {({ history, sequence_package: folder }) =>
          history.length === 0 ? (
            <p className={css["note"]}>{t("sequences.slots.noHistory")}</p>
          ) : (
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t("sequences.slots.at")}</Table.Th>
                  <Table.Th scope="col">{t("sequences.slots.by")}</Table.Th>
                  <Table.Th scope="col">{t("sequences.slots.package")}</Table.Th>
                  <Table.Th scope="col">{t("sequences.slots.reason")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {history.map((one) => (
                  <Table.Tr key={one.at}>
                    <Table.Th scope="row">{full(one.at)}</Table.Th>
                    <Table.Td>{one.by}</Table.Td>
                    <Table.Td>
                      {one.package === null
                        ? t("sequences.slots.folder", { folder })
                        : `${one.package.name} ${one.package.version} · ${short(one.package.content_hash)}`}
                    </Table.Td>
                    <Table.Td>{one.reason}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Asked>
    </Part>
  );
}
