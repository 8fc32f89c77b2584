// Tells a scan from a person's typing: keys that follow each other faster than fingers can, ended by Enter or Tab.
import { characterOf, isEnd, type KeyStroke } from "./keys";

/** How the scanner is set up. */
export interface ScannerSettings {
  /** Characters before the code, in upper case; empty: none. With a prefix, a burst that begins with it is a scan. */
  prefix: string;
  /** Characters behind the code, before Enter; empty: none. */
  suffix: string;
  /** Codes that are scans although they are short. */
  short: (code: string) => boolean;
}

/** Characters a burst without prefix has at least. */
export const SHORTEST = 6;
/** Milliseconds from one key to the next, on average over a burst without prefix. */
export const MEAN_GAP = 35;
/** Milliseconds from one key to the next, ever. */
export const LONGEST_GAP = 80;
/** Milliseconds within which what follows a torn burst is taken for its rest. */
export const TORN_WITHIN = 1000;

export type Judgement =
  /** A scan, with its code. The key belongs to it. */
  | { kind: "scan"; code: string }
  /** A scan of which a part is missing, or two at once. The key belongs to it. */
  | { kind: "broken" }
  /** Part of what is known to be a scan. */
  | { kind: "swallow" }
  /** Not known to be a scan, or known not to be one. */
  | { kind: "pass" };

const PASS: Judgement = { kind: "pass" };
const SWALLOW: Judgement = { kind: "swallow" };
const BROKEN: Judgement = { kind: "broken" };

/** Gathers the keys that go down. */
export class Burst {
  private characters = "";
  private began = 0;
  private last = Number.NEGATIVE_INFINITY;
  private torn = false;

  constructor(private readonly settings: ScannerSettings) {}

  /** Take a key that went down, at a time in milliseconds. */
  take(stroke: KeyStroke, at: number): Judgement {
    if (this.characters !== "" && at - this.last > LONGEST_GAP) this.tear(at);
    if (isEnd(stroke)) return this.end(at);
    const character = characterOf(stroke);
    if (character === null) {
      // Shift goes down by itself before the character it belongs to.
      if (!isModifier(stroke.code)) this.forget();
      return PASS;
    }
    if (this.characters === "") {
      if (at - this.last > TORN_WITHIN) this.torn = false;
      this.began = at;
    }
    this.characters += character;
    this.last = at;
    // A blank within a burst would press the button that has the focus.
    const presses = character === " " && this.characters.length > 1;
    return presses || this.isSurely() ? SWALLOW : PASS;
  }

  private end(at: number): Judgement {
    const { characters, torn } = this;
    const surely = this.isSurely();
    const fast = characters.length > 1 && (at - this.began) / characters.length <= MEAN_GAP;
    this.forget();
    if (characters === "") return PASS;
    if (torn && (surely || fast)) return BROKEN;
    const code = this.codeIn(characters);
    if (this.settings.prefix !== "" && characters.startsWith(this.settings.prefix)) {
      return code === null ? BROKEN : { kind: "scan", code };
    }
    if (!fast || this.settings.prefix !== "") return PASS;
    if (code !== null && (characters.length >= SHORTEST || this.settings.short(code))) return { kind: "scan", code };
    return characters.length >= SHORTEST ? BROKEN : PASS;
  }

  /** Whether what was gathered so far cannot be a person's typing. */
  private isSurely(): boolean {
    const { prefix } = this.settings;
    if (prefix !== "") return this.characters.startsWith(prefix);
    const count = this.characters.length;
    return count >= SHORTEST && (this.last - this.began) / (count - 1) <= MEAN_GAP;
  }

  /** The code between prefix and suffix; null where they are not there, or a second prefix is within. */
  private codeIn(characters: string): string | null {
    const { prefix, suffix } = this.settings;
    if (characters.length <= prefix.length + suffix.length) return null;
    if (!characters.startsWith(prefix) || !characters.endsWith(suffix)) return null;
    const code = characters.slice(prefix.length, characters.length - suffix.length).trim();
    return code === "" || (prefix !== "" && code.includes(prefix)) ? null : code;
  }

  /**
   * Give up what was gathered: too much time has passed. What follows soon may be the rest of a scan, and a scan without
   * its first character may be the code of another unit: it is worth nothing, rather than nearly right.
   */
  private tear(at: number): void {
    this.torn = at - this.last <= TORN_WITHIN;
    this.characters = "";
  }

  private forget(): void {
    this.characters = "";
    this.torn = false;
  }
}

function isModifier(code: string): boolean {
  return /^(Shift|Control|Alt|Meta|CapsLock|NumLock|Lang|Hangul|Hanja)/.test(code);
}
