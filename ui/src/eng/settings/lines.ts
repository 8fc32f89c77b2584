// Lines of a text, and of a diff.

/** How many lines a text has. */
export function countLines(text: string): number {
  return text.split("\n").length;
}

/** Where a line begins and ends in its text; lines are counted from 1. */
export function spanOfLine(text: string, line: number): [number, number] {
  const lines = text.split("\n");
  const before = lines.slice(0, Math.max(0, line - 1));
  const start = before.reduce((sum, one) => sum + one.length + 1, 0);
  return [Math.min(start, text.length), Math.min(start + (lines[line - 1]?.length ?? 0), text.length)];
}

export type DiffKind = "added" | "removed" | "same" | "place";

/** What a line of `diff -u` says. */
export function kindOf(line: string): DiffKind {
  if (line.startsWith("@@")) return "place";
  if (line.startsWith("+")) return "added";
  return line.startsWith("-") ? "removed" : "same";
}

/** How many lines are added or removed. */
export function countChanged(diff: readonly string[]): number {
  return diff.filter((line) => kindOf(line) === "added" || kindOf(line) === "removed").length;
}
