// Where the nodes of the graph stand: from the top down, as dagre finds it.
import { graphlib, layout } from "@dagrejs/dagre";
import { edgesOf, type GraphEdge, type GraphStep } from "./model";

export const NODE = { width: 260, height: 92 } as const;

export interface Layout {
  places: Map<string, { x: number; y: number }>;
  edges: GraphEdge[];
}

export function layoutOf(steps: readonly GraphStep[]): Layout {
  const edges = edgesOf(steps);
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 40, ranksep: 56 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const step of steps) graph.setNode(step.name, { ...NODE });
  for (const edge of edges) graph.setEdge(edge.from, edge.to);
  layout(graph);
  const places = new Map(
    steps.map((step) => {
      const { x = 0, y = 0 } = graph.node(step.name) as { x?: number; y?: number };
      return [step.name, { x: x - NODE.width / 2, y: y - NODE.height / 2 }];
    }),
  );
  return { places, edges };
}
