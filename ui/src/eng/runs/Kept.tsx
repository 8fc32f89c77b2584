// What else is kept of a run: what the MES was told, what was asked and answered, files, and what people did.
import { Table } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { PromptField } from "../../client/station";
import { written } from "../../shared/limits";
import { usePreferences } from "../../shared/preferences";
import { useTimes } from "../parts/format";
import { Part } from "../parts/Screen";
import { Wide } from "../parts/Wide";
import { answerText, fieldName } from "./answers";
import { Own } from "../../shared/Own";
import css from "./Run.module.css";
import type { RunDetail } from "./why";
import { titleOf } from "./WhyLine";

interface Props {
  run: RunDetail;
}

export function Told({ run }: Props) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  const language = usePreferences((state) => state.language);
  return (
    <List
      title={t("run.told.title")}
      none={t("run.told.none")}
      heads={[t("run.told.action"), t("run.told.result"), t("run.told.state"), t("run.told.attempts"), t("run.told.since"), t("run.told.error")]}
      rows={run.mes.map((item) => ({
        key: item.item_id,
        cells: [
          t(`run.told.${item.action}`),
          item.result == null ? "–" : written(item.result),
          <b key="state">{t(`run.told.${item.state}`)}</b>,
          item.attempts,
          full(item.created_at),
          <Trouble key="trouble" text={language === "ko" ? item.reason_ko : item.reason} own={item.last_error} />,
        ],
      }))}
    />
  );
}

function Trouble({ text, own }: { text: string; own: string }) {
  if (text === "" && own === "") return "–";
  return (
    <>
      {text}
      {own === "" || own === text ? null : (
        <div>
          <Own text={own} />
        </div>
      )}
    </>
  );
}

export function PromptsAsked({ run }: Props) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  const language = usePreferences((state) => state.language);
  return (
    <List
      title={t("run.asked.title")}
      none={t("run.asked.none")}
      heads={[t("run.asked.question"), t("run.steps.step"), t("run.asked.state"), t("run.asked.answer"), t("run.asked.by"), t("run.asked.at")]}
      rows={run.prompts.map(({ asked, answer, state, closed_at }) => ({
        key: asked.id,
        cells: [
          asked.prompt.message[language],
          titleOf(run, asked.step),
          stateText(state),
          answer === null ? "–" : <Answered key="answer" fields={asked.prompt.fields} values={answer.values} />,
          answer === null ? "–" : answer.by === "timeout" ? t("run.asked.timeout") : answer.by,
          full(answer?.at ?? closed_at ?? asked.asked_at),
        ],
      }))}
    />
  );

  function stateText(state: string): string {
    return state === "open" || state === "answered" || state === "timed_out" || state === "withdrawn" ? t(`run.asked.${state}`) : state;
  }
}

/** What was answered, a line for each field. */
function Answered({ fields, values }: { fields: readonly PromptField[]; values: Readonly<Record<string, unknown>> }) {
  const { t } = useTranslation();
  const language = usePreferences((state) => state.language);
  const words = { yes: t("prompt.yes"), no: t("prompt.no"), pass: t("prompt.pass"), fail: t("prompt.fail") };
  return fields.map((field) => (
    <span key={field.name} className={css["block"]}>
      {fields.length === 1 ? null : `${fieldName(field, language)}: `}
      <b>{answerText(field, values[field.name], language, words)}</b>
    </span>
  ));
}

export function Files({ run }: Props) {
  const { t } = useTranslation("eng");
  const files = run.steps.flatMap((step) => step.attachments.map((file) => ({ step, file })));
  return (
    <List
      title={t("run.files.title")}
      none={t("run.files.none")}
      heads={[t("run.files.name"), t("run.steps.step"), t("run.files.size"), t("run.files.hash")]}
      rows={files.map(({ step, file }) => ({
        key: `${step.step_name}:${step.attempt}:${file.sha256}`,
        cells: [
          <a
            key="file"
            className={css["fileLink"]}
            href={`/api/results/${encodeURIComponent(run.execution_id)}/attachments/${file.sha256}`}
            download={file.name}
            aria-label={t("run.files.download", { name: file.name })}
          >
            {file.name} ⤓
          </a>,
          titleOf(run, step.step_name),
          bytes(file.size),
          <code key="hash" title={file.sha256}>
            {file.sha256.slice(0, 12)}
          </code>,
        ],
      }))}
    />
  );
}

function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  return size < 1e6 ? `${(size / 1e3).toFixed(1)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

export function People({ run }: Props) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  return (
    <List
      title={t("run.people.title")}
      none={t("run.people.none")}
      heads={[t("run.people.when"), t("run.people.who"), t("run.people.what"), t("run.people.why")]}
      rows={run.audit.map((entry) => ({
        key: String(entry.id),
        cells: [full(entry.time), entry.actor, entry.action, entry.reason || "–"],
      }))}
    />
  );
}

function List({ title, none, heads, rows }: { title: string; none: string; heads: string[]; rows: { key: string; cells: ReactNode[] }[] }) {
  return (
    <Part title={title}>
      {rows.length === 0 ? (
        <p>{none}</p>
      ) : (
        <Wide label={title}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                {heads.map((head) => (
                  <Table.Th key={head} scope="col">
                    {head}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map(({ key, cells }) => (
                <Table.Tr key={key}>
                  {cells.map((cell, index) => (
                    <Table.Td key={heads[index]}>{cell}</Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
    </Part>
  );
}
