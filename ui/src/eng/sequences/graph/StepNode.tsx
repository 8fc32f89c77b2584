// One step in the graph: its number and name, what it depends on, and how it stands.
import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { useTranslation } from "react-i18next";
import { OutcomeBadge } from "../../parts/OutcomeBadge";
import css from "./Graph.module.css";
import type { Standing } from "./live";

export type StepNodeType = Node<
  {
    number: number;
    title: string;
    cleanup: boolean;
    condition: string;
    standing: Standing | null;
    chosen: boolean;
  },
  "step"
>;

export function StepNode({ data }: NodeProps<StepNodeType>) {
  const { t } = useTranslation("eng");
  const { standing } = data;
  return (
    <div
      className={css["node"]}
      data-cleanup={data.cleanup}
      data-state={standing?.state ?? "unknown"}
      data-chosen={data.chosen}
    >
      <Handle className={css["handle"] ?? ""} type="target" position={Position.Top} isConnectable={false} />
      <span className={css["name"]}>
        {data.number}. {data.title}
      </span>
      <span className={css["second"]}>
        {standing === null ? null : <StandingBadge standing={standing} />}
        {data.condition === "" ? null : <span className={css["condition"]}>{data.condition}</span>}
        {data.cleanup ? <span className={css["condition"]}>{t("sequences.flow.cleanup")}</span> : null}
      </span>
      <Handle className={css["handle"] ?? ""} type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  );
}

/** How a step stands, in a word with its sign. */
export function StandingBadge({ standing }: { standing: Standing }) {
  const { t } = useTranslation("eng");
  if (standing.outcome !== null) return <OutcomeBadge outcome={standing.outcome} />;
  return (
    <span className={css["badge"]} data-state={standing.state}>
      {standing.state === "running" ? `▶ ${t("sequences.flow.running")}` : t("sequences.flow.waiting")}
      {standing.attempt > 1 ? ` · ${t("sequences.flow.attempt", { n: standing.attempt })}` : ""}
    </span>
  );
}
