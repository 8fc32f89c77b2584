// The text somebody edits, what is wrong with it, and what it would change.
import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ask, StationError } from "../../client/rest";
import type { components } from "../../client/schema";
import { Failure } from "../parts/Asked";
import { useTimes } from "../parts/format";
import { Grade } from "../parts/Grade";
import { askAgain, queries } from "../parts/queries";
import { Part } from "../parts/Screen";
import { Sure } from "../parts/Sure";
import { ChangeTable, DiffView } from "./Changes";
import { Editor, type EditorHandle } from "./Editor";
import { countChanged } from "./lines";
import { Problems } from "./Problems";
import css from "./Settings.module.css";

export type SettingsText = components["schemas"]["SettingsText"];
export type SettingsCheck = components["schemas"]["SettingsCheck"];

const PATH = "/api/system/settings";
/** Milliseconds without typing after which the text is checked. */
const QUIET = 600;

interface Props {
  /** What the text was made of. */
  base: SettingsText;
  /** The text as it is edited. */
  text: string;
  /** The file as it is now. */
  now: SettingsText;
  onText: (text: string) => void;
  onDone: (said: string) => void;
}

export function Draft({ base, text, now, onText, onDone }: Props) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  const [asked, setAsked] = useState(false);
  const editor = useRef<EditorHandle>(null);
  const edited = text !== base.text;
  const overtaken = base.hash !== now.hash;
  const { check, error } = useCheck(text, edited && !overtaken ? base.hash : null);
  const shown: SettingsCheck | null = edited ? check : base;

  async function save(reason: string): Promise<void> {
    const saved = await ask<SettingsText>("PUT", PATH, { body: { text, hash: base.hash, reason }, within: 30_000 });
    queries.setQueryData(["api", "system", "settings"], saved);
    await askAgain(`${PATH}/backups`, "/api/audit");
    onDone(t("settings.saved"));
  }

  return (
    <>
      <p className={css["hint"]}>{t("settings.file", { file: base.file, time: full(base.modified_at) })}</p>
      <p className={css["hint"]}>{t("settings.secrets")}</p>
      <p className={css["hint"]}>{t("settings.takesEffect")}</p>
      {now.writable ? null : <Grade grade="bad">{t("settings.readOnly")}</Grade>}
      {base.text === "" ? <Grade grade="bad">{t("settings.unreadable")}</Grade> : null}
      {overtaken && edited ? (
        <div role="alert" className={css["head"]}>
          <Grade grade="bad">{t("settings.changed")}</Grade>
          <Button onClick={() => onDone("")}>{t("settings.reload")}</Button>
        </div>
      ) : null}
      <div className={css["head"]}>
        <Button
          variant="filled"
          disabled={!edited || overtaken || check === null || check.problems.length > 0 || !now.writable}
          onClick={() => setAsked(true)}
        >
          {t("settings.save")}
        </Button>
        <Button
          disabled={!edited}
          onClick={() => onDone("")}
        >
          {t("settings.revert")}
        </Button>
        <span role="status">
          {!edited ? t("settings.same") : shown === null ? `${t("settings.checking")}…` : summary(shown)}
        </span>
      </div>
      {error === null ? null : <Failure error={error} />}
      {shown === null ? null : <Problems problems={shown.problems} onGoTo={(line) => editor.current?.goTo(line)} />}
      <Editor
        ref={editor}
        text={text}
        wrong={new Set(shown?.problems.flatMap(({ line }) => (line === null ? [] : [line])))}
        onText={onText}
      />
      {edited && check !== null && check.diff.length > 0 ? (
        <Part title={t("settings.diff")}>
          <DiffView diff={check.diff} label={t("settings.diff")} />
        </Part>
      ) : null}
      {shown === null || shown.problems.length > 0 ? null : (
        <Part title={t("settings.changes")}>
          <ChangeTable changes={shown.changes} />
        </Part>
      )}
      {asked && check !== null ? (
        <Sure
          title={t("settings.saveTitle")}
          action={t("settings.save")}
          reason="optional"
          onDo={save}
          onClose={() => setAsked(false)}
        >
          <p>{t("settings.saveText", { count: countChanged(check.diff) })}</p>
          <ChangeTable changes={check.changes} />
        </Sure>
      ) : null}
    </>
  );

  function summary(found: SettingsCheck): string {
    return found.problems.length === 0 ? t("settings.fine") : t("settings.problems", { count: found.problems.length });
  }
}

/** Have the station check a text when nobody has typed for a moment; null: there is nothing to check. */
function useCheck(text: string, hash: string | null): { check: SettingsCheck | null; error: StationError | null } {
  const [found, setFound] = useState<{ of: string; check: SettingsCheck | null; error: StationError | null } | null>(null);
  useEffect(() => {
    if (hash === null) return;
    let current = true;
    const timer = setTimeout(() => {
      ask<SettingsCheck>("POST", `${PATH}/validate`, { body: { text, hash } }).then(
        (check) => {
          if (current) setFound({ of: text, check, error: null });
        },
        (error: unknown) => {
          if (current && error instanceof StationError) setFound({ of: text, check: null, error });
        },
      );
    }, QUIET);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text, hash]);
  return found?.of === text && hash !== null ? found : { check: null, error: null };
}
