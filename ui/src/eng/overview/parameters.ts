// Parameters of a sequence as they are entered: what is left empty is left to the slot.
import type { components } from "../../client/schema";

export type ValueSpec = components["schemas"]["ValueSpec"];
export type Specs = Readonly<Record<string, ValueSpec>>;
export type Problem = "number" | "whole" | "outOfRange" | "needed";

export interface Read {
  values: Record<string, unknown>;
  problems: Record<string, Problem>;
}

/** Read what was entered; the station checks it again. */
export function read(specs: Specs, entered: Readonly<Record<string, string>>): Read {
  const values: Record<string, unknown> = {};
  const problems: Record<string, Problem> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const text = (entered[name] ?? "").trim();
    if (text === "") continue;
    const found = valueOf(spec, text);
    if (found.problem === undefined) values[name] = found.value;
    else problems[name] = found.problem;
  }
  return { values, problems };
}

function valueOf(spec: ValueSpec, text: string): { value: unknown; problem?: undefined } | { problem: Problem } {
  const option = spec.options?.find((one) => String(one) === text);
  if (option !== undefined) return { value: option };
  switch (spec.type) {
    case "boolean":
      return { value: text === "true" };
    case "integer":
    case "float": {
      const number = Number(text);
      if (!Number.isFinite(number)) return { problem: "number" };
      if (spec.type === "integer" && !Number.isInteger(number)) return { problem: "whole" };
      const outside = number < (spec.min ?? -Infinity) || number > (spec.max ?? Infinity);
      return outside ? { problem: "outOfRange" } : { value: number };
    }
    default:
      return { value: text };
  }
}
