// What a scanned code means: a command, a slot, an operator's number, somebody's badge, or a unit.

export const CONTROLS = ["START", "OK", "NG", "RETRY"] as const;
/** There is no STOP: stopping is a touch, a key, and the hardware's own switch. */
export type Control = (typeof CONTROLS)[number];

const OPERATOR = /^OP-(\d{1,9})$/;
/** Begins every badge that logs somebody in. What follows is a secret. */
export const BADGE = "BADGE-";

/** Whether a code is a badge that logs somebody in. */
export function isBadge(code: string): boolean {
  return code.startsWith(BADGE);
}

/** What of a code may be shown. */
export function shownCode(code: string): string {
  return isBadge(code) ? `${BADGE}••••` : code;
}

/** Control codes and numbers of operators may be shorter than what is otherwise taken for a scan. */
export function isShortCode(code: string): boolean {
  return (CONTROLS as readonly string[]).includes(code) || OPERATOR.test(code);
}

export type Code =
  | { kind: "control"; control: Control }
  | { kind: "slot"; slot: string }
  | { kind: "unknown_slot"; text: string }
  | { kind: "operator"; number: number }
  | { kind: "badge"; badge: string }
  | { kind: "wip"; wip: string }
  | { kind: "unreadable"; text: string };

/** What the station says about its codes. */
export interface CodeRules {
  /** Ids of the batches, in the order in which the screen shows them; `SLOT-1` is the first. */
  slots: readonly string[];
  /** What the whole of a WIP matches; null: anything may be one. */
  wipPattern: RegExp | null;
}

/** Make the pattern of a WIP of what the station's settings say, which matches a whole code or nothing. */
export function wipPatternOf(source: string | null): RegExp | null {
  if (source === null || source === "") return null;
  try {
    return new RegExp(`^(?:${source})$`);
  } catch {
    // Python and JavaScript differ in rare expressions; the station checks it again anyway.
    return null;
  }
}

/** Tell what a code means. */
export function meaningOf(code: string, rules: CodeRules): Code {
  const control = CONTROLS.find((word) => word === code);
  if (control) return { kind: "control", control };
  const place = /^SLOT-(.+)$/.exec(code)?.[1];
  if (place !== undefined) {
    const slot = rules.slots.find((id) => id.toUpperCase() === place) ?? rules.slots[Number(place) - 1];
    return slot === undefined ? { kind: "unknown_slot", text: code } : { kind: "slot", slot };
  }
  const operator = OPERATOR.exec(code)?.[1];
  if (operator !== undefined) return { kind: "operator", number: Number(operator) };
  if (isBadge(code)) return { kind: "badge", badge: code };
  return rules.wipPattern === null || rules.wipPattern.test(code)
    ? { kind: "wip", wip: code }
    : { kind: "unreadable", text: code };
}
