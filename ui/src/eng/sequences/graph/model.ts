// A sequence as a graph: which step must have ended before which, without what follows from the rest.

export interface GraphStep {
  name: string;
  cleanup: boolean;
  /** The steps that must have ended before it, also where its author left that to the order. */
  needs: readonly string[];
}

export interface GraphEdge {
  from: string;
  to: string;
  /** `cleanup`: the test is over, however it ended. */
  kind: "needs" | "cleanup";
}

/** The lines of the graph. */
export function edgesOf(steps: readonly GraphStep[]): GraphEdge[] {
  const needs = reducedNeeds(steps);
  const edges = steps.flatMap((step): GraphEdge[] =>
    (needs.get(step.name) ?? []).map((from) => ({ from, to: step.name, kind: "needs" })),
  );
  const needed = new Set(edges.map((edge) => edge.from));
  const last = steps.filter((step) => !step.cleanup && !needed.has(step.name));
  const first = steps.filter((step) => step.cleanup && (needs.get(step.name) ?? []).length === 0);
  return [
    ...edges,
    ...last.flatMap((from) => first.map((to): GraphEdge => ({ from: from.name, to: to.name, kind: "cleanup" }))),
  ];
}

/** What each step needs and no other of its needs needs already. */
export function reducedNeeds(steps: readonly GraphStep[]): Map<string, string[]> {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const before = new Map<string, Set<string>>();

  function allBefore(name: string): Set<string> {
    const known = before.get(name);
    if (known !== undefined) return known;
    const found = new Set<string>();
    before.set(name, found);
    for (const need of byName.get(name)?.needs ?? []) {
      found.add(need);
      for (const earlier of allBefore(need)) found.add(earlier);
    }
    return found;
  }

  return new Map(
    steps.map(({ name, needs }) => {
      const known = needs.filter((need) => byName.has(need));
      return [name, known.filter((need) => !known.some((other) => other !== need && allBefore(other).has(need)))];
    }),
  );
}

/** How many steps can be under way at the same time, by what they need of each other. */
export function widthOf(steps: readonly GraphStep[]): number {
  const needs = reducedNeeds(steps);
  const level = new Map<string, number>();
  const levelOf = (name: string): number => {
    const known = level.get(name);
    if (known !== undefined) return known;
    const found = 1 + Math.max(-1, ...(needs.get(name) ?? []).map(levelOf));
    level.set(name, found);
    return found;
  };
  const counts = new Map<string, number>();
  for (const step of steps) {
    const key = `${step.cleanup ? "cleanup" : "test"} ${levelOf(step.name)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}
