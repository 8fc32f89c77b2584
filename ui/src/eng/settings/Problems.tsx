// What is wrong with the text, a line each; a press leads to its place.
import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Own } from "../../shared/Own";
import { usePreferences } from "../../shared/preferences";
import { problemSaid } from "../texts/problems";
import type { SettingsCheck } from "./Draft";
import css from "./Settings.module.css";

interface Props {
  problems: SettingsCheck["problems"];
  onGoTo: (line: number) => void;
}

export function Problems({ problems, onGoTo }: Props) {
  const { t } = useTranslation("eng");
  const language = usePreferences((state) => state.language);
  if (problems.length === 0) return null;
  return (
    <ul className={css["problems"]} aria-label={t("settings.problems", { count: problems.length })}>
      {problems.map((problem, index) => {
        const { line } = problem;
        const { sentence, own } = problemSaid(problem, language);
        return (
          <li key={index}>
            {line === null ? (
              <strong>{problem.variable === "" ? t("settings.whole") : t("settings.variable", { name: problem.variable })}</strong>
            ) : (
              <Button onClick={() => onGoTo(line)}>
                {t("settings.line", { number: line })}
              </Button>
            )}
            <span>
              {problem.path === "" ? null : <code>{problem.path}</code>} {sentence} <Own text={own} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}
