// The graph of a version's steps with its table beside it, and how they stand in a run.
import { Switch } from "@mantine/core";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { LiveRun } from "../../../live/slot";
import type { SequenceStep } from "../types";
import css from "./Graph.module.css";
import { GraphTable } from "./GraphTable";
import { standingsOf } from "./live";
import { widthOf } from "./model";

const Flow = lazy(() => import("./Flow"));

interface Props {
  steps: SequenceStep[];
  /** The run whose steps these are; null: none is looked at. */
  run: LiveRun | null;
  chosen: string;
  onChoose: (step: string) => void;
}

export function SequenceGraph({ steps, run, chosen, onChoose }: Props) {
  const { t } = useTranslation("eng");
  const [following, setFollowing] = useState(true);
  const wide = useMemo(() => widthOf(steps), [steps]);
  const standings = run === null ? null : standingsOf(run);
  const running = run?.steps.find((step) => step.running)?.name ?? "";
  return (
    <>
      <div className={css["bar"]}>
        <p className={css["parts"]}>{t("sequences.flow.parts", { steps: steps.length, wide })}</p>
        {run === null ? null : (
          <Switch
            size="lg"
            label={t("sequences.flow.follow")}
            checked={following}
            onChange={(event) => setFollowing(event.currentTarget.checked)}
          />
        )}
      </div>
      <div className={css["both"]}>
        <div className={css["picture"]}>
          <Suspense fallback={<p role="status">{t("shell.loading")}…</p>}>
            <Flow
              steps={steps}
              standings={standings}
              chosen={chosen}
              onChoose={onChoose}
              followed={following ? running : ""}
            />
          </Suspense>
        </div>
        <div className={css["table"]}>
          <GraphTable steps={steps} standings={standings} chosen={chosen} onChoose={onChoose} />
        </div>
      </div>
    </>
  );
}
