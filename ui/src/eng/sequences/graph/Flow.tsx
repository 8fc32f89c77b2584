// The drawing of the graph. React Flow and dagre come with this file, in a chunk of their own.
import { Button } from "@mantine/core";
import { Background, Panel, ReactFlow, ReactFlowProvider, useReactFlow, useStoreApi, type Edge } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { shownTheme, usePreferences } from "../../../shared/preferences";
import { useCondition } from "../StepsTable";
import type { SequenceStep } from "../types";
import css from "./Graph.module.css";
import { layoutOf, NODE } from "./layout";
import type { Standing } from "./live";
import { StepNode, type StepNodeType } from "./StepNode";

const TYPES = { step: StepNode };
const FIRST = 6;

export interface Shown {
  steps: SequenceStep[];
  /** How the steps stand; null: no run is looked at. */
  standings: Map<string, Standing> | null;
  /** The step that was chosen; empty: none. */
  chosen: string;
  onChoose: (step: string) => void;
  /** The step that is kept in the picture; empty: none. */
  followed: string;
}

export default function Flow(shown: Shown) {
  return (
    <ReactFlowProvider>
      <Picture {...shown} />
    </ReactFlowProvider>
  );
}

function Picture({ steps, standings, chosen, onChoose, followed }: Shown) {
  const { t } = useTranslation("eng");
  const theme = usePreferences((state) => shownTheme(state.theme));
  const conditionOf = useCondition();
  const layout = useMemo(() => layoutOf(steps), [steps]);
  const nodes = steps.map((step, index): StepNodeType => {
    const data = {
      number: index + 1,
      title: step.title,
      cleanup: step.cleanup,
      condition: conditionOf(step.condition),
      standing: standings?.get(step.name) ?? null,
      chosen: step.name === chosen,
    };
    return {
      id: step.name,
      type: "step",
      position: layout.places.get(step.name) ?? { x: 0, y: 0 },
      ...NODE,
      data,
      ariaLabel: `${data.number}. ${step.title}`,
      selected: data.chosen,
    };
  });
  const edges = layout.edges.map(({ from, to, kind }): Edge => ({
    id: `${from} ${to}`,
    source: from,
    target: to,
    className: css[kind === "cleanup" ? "cleanupEdge" : "edge"] ?? "",
    animated: false,
    focusable: false,
  }));
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={TYPES}
      colorMode={theme === "dark" ? "dark" : "light"}
      aria-label={t("sequences.flow.picture")}
      nodesDraggable={false}
      nodesConnectable={false}
      edgesFocusable={false}
      deleteKeyCode={null}
      panOnScroll
      zoomOnDoubleClick={false}
      minZoom={0.1}
      maxZoom={1.5}
      fitView
      fitViewOptions={{ nodes: steps.slice(0, FIRST).map((step) => ({ id: step.name })), minZoom: 0.7, maxZoom: 1 }}
      proOptions={{ hideAttribution: true }}
      onNodesChange={(changes) => {
        for (const change of changes) if (change.type === "select" && change.selected) onChoose(change.id);
      }}
    >
      <Background />
      <Panel position="top-right" className={css["controls"] ?? ""}>
        <Controls />
      </Panel>
      <Follower followed={followed} />
      <Follower followed={chosen} />
    </ReactFlow>
  );
}

/** Moves the picture where a step is not in it. */
function Follower({ followed }: { followed: string }) {
  const { getNode, getViewport, setCenter } = useReactFlow();
  const picture = useStoreApi();
  useEffect(() => {
    const node = followed === "" ? undefined : getNode(followed);
    if (node === undefined) return;
    const { x, y, zoom } = getViewport();
    const { width, height } = picture.getState();
    const [left, top] = [node.position.x * zoom + x, node.position.y * zoom + y];
    const shown = left >= 0 && top >= 0 && left + NODE.width * zoom <= width && top + NODE.height * zoom <= height;
    if (shown) return;
    void setCenter(node.position.x + NODE.width / 2, node.position.y + NODE.height / 2, { zoom: Math.max(zoom, 0.7), duration: 0 });
  }, [followed, getNode, getViewport, setCenter, picture]);
  return null;
}

function Controls() {
  const { t } = useTranslation("eng");
  const { zoomIn, zoomOut, fitView } = useReactFlow();
  return (
    <>
      <Button onClick={() => void zoomIn()}>{t("sequences.flow.zoomIn")}</Button>
      <Button onClick={() => void zoomOut()}>{t("sequences.flow.zoomOut")}</Button>
      <Button onClick={() => void fitView()}>{t("sequences.flow.fit")}</Button>
    </>
  );
}
