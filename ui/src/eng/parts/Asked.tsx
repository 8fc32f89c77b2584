// What was asked for: what came, that it is not here yet, or why it could not be read.
import { Button } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { StationError } from "../../client/rest";
import { wordsOf } from "../../i18n/errors";
import { usePreferences } from "../../shared/preferences";
import { Own } from "../../shared/Own";
import css from "./Asked.module.css";

interface Props<Answer> {
  answer: UseQueryResult<Answer, StationError>;
  children: (answer: Answer) => ReactNode;
}

export function Asked<Answer>({ answer, children }: Props<Answer>) {
  const { t } = useTranslation("eng");
  const { data, error } = answer;
  if (data === undefined && error === null) return <p role="status">{t("shell.loading")}…</p>;
  // What came keeps its place below the failure, and with it what somebody is typing there.
  return (
    <>
      {error === null ? null : <Failure error={error} again={() => void answer.refetch()} />}
      {data === undefined ? null : children(data)}
    </>
  );
}

/** Why something could not be done or read, with its code. */
export function Failure({ error, again }: { error: StationError; again?: () => void }) {
  const { t } = useTranslation("eng");
  const language = usePreferences((state) => state.language);
  const { sentence, own } = wordsOf(error.code, error.message, language);
  return (
    <div role="alert" className={css["failure"]}>
      <p>
        {sentence} <Own text={own} /> <code>{error.code}</code>
      </p>
      {again === undefined ? null : <Button onClick={again}>{t("shell.again")}</Button>}
    </div>
  );
}

/** In the place of an empty list. */
export function Empty() {
  const { t } = useTranslation("eng");
  return <p className={css["empty"]}>{t("shell.empty")}</p>;
}
