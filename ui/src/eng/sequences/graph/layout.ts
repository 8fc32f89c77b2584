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
  const found = steps.map((step) => {
    const { x = 0, y = 0 } = graph.node(step.name) as { x?: number; y?: number };
    return { name: step.name, x: x - NODE.width / 2, y: y - NODE.height / 2 };
  });
  const mirror = isMirrored(found) ? -1 : 1;
  return { places: new Map(found.map(({ name, x, y }) => [name, { x: mirror * x, y }])), edges };
}

/** Whether most steps beside each other stand in the opposite of their order; the first ones decide between halves. */
function isMirrored(places: readonly { x: number; y: number }[]): boolean {
  const signs = places.flatMap((one, index) =>
    places.slice(index + 1).flatMap((later) => (later.y === one.y ? [Math.sign(one.x - later.x)] : [])),
  );
  const against = signs.reduce((sum, sign) => sum + sign, 0);
  return against > 0 || (against === 0 && (signs[0] ?? 0) > 0);
}
