// The lines of a patch, with what became of each.

export interface DiffLine {
  kind: "added" | "removed" | "place" | "same";
  text: string;
}

export function diffLines(patch: string): DiffLine[] {
  if (patch === "") return [];
  const lines = patch.split("\n");
  // The first two name the file, which the heading does already.
  const body = lines[0]?.startsWith("--- ") && lines[1]?.startsWith("+++ ") ? lines.slice(2) : lines;
  return body.map((text) => ({ kind: KINDS[text.charAt(0)] ?? "same", text }));
}

const KINDS: Record<string, DiffLine["kind"]> = { "+": "added", "-": "removed", "@": "place" };
