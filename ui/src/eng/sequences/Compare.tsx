// Two versions side by side: what became of each entry of the manifest and of each file.
import { NativeSelect, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { Asked } from "../parts/Asked";
import { useTimes } from "../parts/format";
import { useAnswer } from "../parts/queries";
import { Part } from "../parts/Screen";
import { diffLines } from "./diffLines";
import css from "./Sequences.module.css";
import { addressOf, short, type FileDiff, type VersionDiff, type VersionEntry } from "./types";

export function Compare({ name, versions }: { name: string; versions: VersionEntry[] }) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  const [address, setAddress] = useSearchParams();
  const known = (asked: string | null) => versions.find((one) => one.content_hash === asked);
  const before = known(address.get("before")) ?? versions[1];
  const after = known(address.get("after")) ?? versions[0];
  const diff = useAnswer<VersionDiff>(
    before === undefined || after === undefined
      ? null
      : `/api${addressOf(name)}/versions/${before.content_hash}/diff/${after.content_hash}`,
  );
  if (before === undefined || after === undefined) return <p>{t("sequences.compare.one")}</p>;
  const data = versions.map((one) => ({
    value: one.content_hash,
    label: `${one.version} · ${short(one.content_hash)} · ${full(one.published_at)} ${one.published_by}`,
  }));
  const choose = (which: "before" | "after") => (hash: string) =>
    setAddress((now) => new URLSearchParams({ ...Object.fromEntries(now), [which]: hash }));
  return (
    <>
      <div className={css["bar"]}>
        <NativeSelect
          label={t("sequences.compare.before")}
          data={data}
          value={before.content_hash}
          onChange={(event) => choose("before")(event.currentTarget.value)}
        />
        <NativeSelect
          label={t("sequences.compare.after")}
          data={data}
          value={after.content_hash}
          onChange={(event) => choose("after")(event.currentTarget.value)}
        />
      </div>
      <Asked answer={diff}>{(found) => <Differences diff={found} />}</Asked>
    </>
  );
}

function Differences({ diff }: { diff: VersionDiff }) {
  const { t } = useTranslation("eng");
  if (diff.files.length === 0 && diff.manifest.length === 0) return <p>{t("sequences.compare.same")}</p>;
  return (
    <>
      {diff.manifest.length === 0 ? null : (
        <Part title={t("sequences.compare.manifest")}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("sequences.compare.entry")}</Table.Th>
                <Table.Th scope="col">{t("sequences.compare.was")}</Table.Th>
                <Table.Th scope="col">{t("sequences.compare.is")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {diff.manifest.map((entry) => (
                <Table.Tr key={entry.path}>
                  <Table.Th scope="row">{entry.path}</Table.Th>
                  <Table.Td>{written(entry.before)}</Table.Td>
                  <Table.Td>{written(entry.after)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Part>
      )}
      {diff.files.map((file) => (
        <Part key={file.path} title={`${file.path}: ${t(`sequences.compare.change.${file.change}`)}`}>
          <Lines file={file} />
        </Part>
      ))}
    </>
  );
}

function Lines({ file }: { file: FileDiff }) {
  const { t } = useTranslation("eng");
  const lines = diffLines(file.diff);
  if (lines.length === 0) return <p className={css["note"]}>{t("sequences.compare.noText")}</p>;
  return (
    <ol className={css["diff"]} tabIndex={0} aria-label={file.path}>
      {lines.map((line, index) => (
        <li key={index} data-kind={line.kind}>
          {line.text === "" ? " " : line.text}
        </li>
      ))}
    </ol>
  );
}

function written(value: unknown): string {
  if (value === null || value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
