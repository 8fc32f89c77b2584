// The graph of the run that is on: a tab of the run's screen.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLive } from "../../../live/store";
import { Asked } from "../../parts/Asked";
import { useVersion } from "../useSequence";
import { SequenceGraph } from "./SequenceGraph";

interface Props {
  execution: string;
  batch: string;
  sequence: string;
  /** Content hash of the version that the run was pinned to. */
  version: string;
}

export default function RunGraph({ execution, batch, sequence, version }: Props) {
  const { t } = useTranslation("eng");
  const [chosen, setChosen] = useState("");
  const detail = useVersion(sequence, version);
  const run = useLive((state) => state.slots[batch]?.run ?? null);
  const ours = run?.id === execution ? run : null;
  return (
    <Asked answer={detail}>
      {(found) => (
        <>
          {ours === null ? <p role="status">{t("sequences.flow.notRunning")}</p> : null}
          <SequenceGraph steps={found.steps} run={ours} chosen={chosen} onChoose={setChosen} />
        </>
      )}
    </Asked>
  );
}
