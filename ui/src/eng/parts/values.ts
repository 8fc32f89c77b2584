// Values somebody enters for a command or a step: what was typed, as the driver's description wants it.
import type { components } from "../../client/schema";

export type ValueSpec = components["schemas"]["ValueSpec"];
export type Entered = Readonly<Record<string, string>>;
export type Wrong = "needed" | "notANumber" | "notWhole" | "outOfRange";

/** What was entered as it is sent; what is empty is left out. */
export function valuesOf(specs: Readonly<Record<string, ValueSpec>>, entered: Entered): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const typed = entered[name] ?? "";
    if (typed !== "") values[name] = valueOf(spec, typed);
  }
  return values;
}

/** What is wrong with what was entered; null: nothing. The station checks it again. */
export function wrongWith(spec: ValueSpec, typed: string): Wrong | null {
  if (typed === "") return spec.required && spec.default == null ? "needed" : null;
  if (spec.options != null || (spec.type !== "integer" && spec.type !== "float")) return null;
  const number = Number(typed);
  if (typed.trim() === "" || !Number.isFinite(number)) return "notANumber";
  if (spec.type === "integer" && !Number.isInteger(number)) return "notWhole";
  if ((spec.min != null && number < spec.min) || (spec.max != null && number > spec.max)) return "outOfRange";
  return null;
}

export function anyWrong(specs: Readonly<Record<string, ValueSpec>>, entered: Entered): boolean {
  return Object.entries(specs).some(([name, spec]) => wrongWith(spec, entered[name] ?? "") !== null);
}

/** One value as it is sent. */
export function valueOf(spec: ValueSpec, typed: string): unknown {
  if (spec.options != null) return spec.options.find((option) => textOf(option) === typed) ?? typed;
  switch (spec.type) {
    case "integer":
    case "float":
      return Number(typed);
    case "boolean":
      return typed === "true";
    case "string":
      return typed;
    case null:
    case undefined:
      return typed.trim() !== "" && Number.isFinite(Number(typed)) ? Number(typed) : typed;
  }
}

/** A value as people read it: numbers with six digits that count. */
export function shownValue(value: unknown): string {
  return typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(6))) : textOf(value);
}

/** An option or a default as it is shown and chosen. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
