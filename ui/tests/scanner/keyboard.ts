// A keyboard for tests: what a scanner, or a person, does to a page, at times of the test's own.
import type { KeySource } from "../../src/scanner/listener";

export interface Typing {
  /** Milliseconds between keys. */
  gap?: number;
  /** What the keyboard's language makes of a key; its code stays right. */
  mode?: "us" | "hangul" | "capslock";
  /** Enter, Tab, or nothing. */
  end?: "Enter" | "Tab" | "";
}

/** A window without a page. */
export class Keyboard implements KeySource {
  now = 1000;
  /** Codes of the keys that reached the page. */
  readonly reached: string[] = [];
  private readonly listeners: ((event: KeyboardEvent) => void)[] = [];

  addEventListener(_: "keydown", listener: (event: KeyboardEvent) => void): void {
    this.listeners.push(listener);
  }

  removeEventListener(_: "keydown", listener: (event: KeyboardEvent) => void): void {
    this.listeners.splice(this.listeners.indexOf(listener), 1);
  }

  /** Press one key. */
  press(code: string, about: Partial<KeyboardEvent> = {}): void {
    const fate = { kept: true };
    const event = {
      code,
      shiftKey: false,
      ctrlKey: false,
      altKey: false,
      metaKey: false,
      repeat: false,
      timeStamp: this.now,
      preventDefault: () => (fate.kept = false),
      stopImmediatePropagation: () => undefined,
      ...about,
    } as unknown as KeyboardEvent;
    for (const listener of [...this.listeners]) listener(event);
    if (fate.kept) this.reached.push(code);
  }

  /** Type a text, with Shift where a US keyboard needs it. */
  type(text: string, { gap = 5, mode = "us", end = "Enter" }: Typing = {}): void {
    for (const character of text) this.character(character, gap, mode);
    if (end) {
      this.now += gap;
      this.press(end);
    }
  }

  /** Let time pass. */
  wait(milliseconds: number): void {
    this.now += milliseconds;
  }

  /** Type one character. */
  character(character: string, gap: number, mode: Typing["mode"] = "us"): void {
    const { code, shift } = keyOf(character);
    this.now += gap;
    if (shift) this.press("ShiftLeft", { shiftKey: true });
    const process = mode === "hangul" ? { key: "Process", keyCode: 229, isComposing: true } : { key: character };
    const shiftKey = mode === "capslock" && /[a-z]/i.test(character) ? !shift : shift;
    this.press(code, { shiftKey, ...process });
  }
}

const OTHERS: Record<string, { code: string; shift: boolean }> = {
  "-": { code: "Minus", shift: false },
  _: { code: "Minus", shift: true },
  " ": { code: "Space", shift: false },
  "~": { code: "Backquote", shift: true },
  "]": { code: "BracketRight", shift: false },
  "!": { code: "Digit1", shift: true },
};

function keyOf(character: string): { code: string; shift: boolean } {
  if (/[A-Za-z]/.test(character)) return { code: `Key${character.toUpperCase()}`, shift: /[A-Z]/.test(character) };
  if (/\d/.test(character)) return { code: `Digit${character}`, shift: false };
  const other = OTHERS[character];
  if (!other) throw new Error(`no key types ${character}`);
  return other;
}
