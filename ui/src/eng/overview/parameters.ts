// Parameters of a sequence as they are entered: what is left empty is left to the slot.
import { valueOf, wrongWith, type ValueSpec, type Wrong } from "../parts/values";

export type Specs = Readonly<Record<string, ValueSpec>>;
export type Problem = Wrong;

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
    const wrong = wrongWith(spec, text);
    if (wrong === null) values[name] = valueOf(spec, text);
    else problems[name] = wrong;
  }
  return { values, problems };
}
