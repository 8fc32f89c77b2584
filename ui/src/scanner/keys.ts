// Which character a key types on a scanner: from the key's place, never from what the keyboard's language makes of it.

/** What of a keyboard event is looked at. `key` is not: in Hangul mode it is "Process". */
export interface KeyStroke {
  code: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

const PLAIN: Record<string, string> = {
  Minus: "-",
  Equal: "=",
  BracketLeft: "[",
  BracketRight: "]",
  Backslash: "\\",
  Semicolon: ";",
  Quote: "'",
  Backquote: "`",
  Comma: ",",
  Period: ".",
  Slash: "/",
  Space: " ",
  NumpadSubtract: "-",
  NumpadAdd: "+",
  NumpadMultiply: "*",
  NumpadDivide: "/",
  NumpadDecimal: ".",
};

const SHIFTED: Record<string, string> = {
  Minus: "_",
  Equal: "+",
  BracketLeft: "{",
  BracketRight: "}",
  Backslash: "|",
  Semicolon: ":",
  Quote: '"',
  Backquote: "~",
  Comma: "<",
  Period: ">",
  Slash: "?",
};

const SHIFTED_DIGITS = ")!@#$%^&*(";

/** Ends a scan. */
export function isEnd(stroke: KeyStroke): boolean {
  return stroke.code === "Enter" || stroke.code === "NumpadEnter" || stroke.code === "Tab";
}

/**
 * The character of a key as a US keyboard, which scanners are, has it; null where it types none.
 * Letters are upper case always, so that neither CapsLock nor a scanner set up in lower case matters.
 */
export function characterOf(stroke: KeyStroke): string | null {
  const { code, shiftKey } = stroke;
  if (stroke.ctrlKey || stroke.altKey || stroke.metaKey) return null;
  if (/^Key[A-Z]$/.test(code)) return code.slice(3);
  if (/^Digit\d$/.test(code)) {
    const digit = Number(code.slice(5));
    return shiftKey ? (SHIFTED_DIGITS[digit] ?? null) : String(digit);
  }
  if (/^Numpad\d$/.test(code)) return code.slice(6);
  return (shiftKey ? SHIFTED[code] : undefined) ?? PLAIN[code] ?? null;
}
