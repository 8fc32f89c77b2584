// Turns what was typed in Hangul mode back into the keys that were meant: ㅈㅑㅔ is WIP on a two-set keyboard.

const FIRST = ["r", "R", "s", "e", "E", "f", "a", "q", "Q", "t", "T", "d", "w", "W", "c", "z", "x", "v", "g"];
const VOWEL = ["k", "o", "i", "O", "j", "p", "u", "P", "h", "hk", "ho", "hl", "y", "n", "nj", "np", "nl", "b", "m", "ml", "l"];
const LAST = ["", "r", "R", "rt", "s", "sw", "sg", "e", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "qt", "t", "T", "d", "w", "c", "z", "x", "v", "g"];

/** Single letters, U+3131 to U+3163: consonants, then vowels. */
const SINGLE = ["r", "R", "rt", "s", "sw", "sg", "e", "E", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "Q", "qt", "t", "T", "d", "w", "W", "c", "z", "x", "v", "g", ...VOWEL];

const SYLLABLES = 0xac00;
const LETTERS = 0x3131;

/** Whether a text has Hangul in it. */
export function hasHangul(text: string): boolean {
  return /[\u1100-\u11ff\u3131-\u3163\uac00-\ud7a3]/.test(text);
}

/** The keys of a US keyboard that type a text in Hangul mode; what is not Hangul stays as it is. */
export function keysOf(text: string): string {
  return Array.from(text.normalize("NFC"), (character) => {
    const point = character.codePointAt(0) ?? 0;
    if (point >= SYLLABLES && point <= 0xd7a3) {
      const at = point - SYLLABLES;
      return (FIRST[Math.floor(at / 588)] ?? "") + (VOWEL[Math.floor((at % 588) / 28)] ?? "") + (LAST[at % 28] ?? "");
    }
    if (point >= LETTERS && point <= 0x3163) return SINGLE[point - LETTERS] ?? character;
    return character;
  }).join("");
}

/** What somebody meant who typed a code: upper case, no blanks, no Hangul. */
export function codeTyped(text: string): string {
  return keysOf(text).replace(/\s/g, "").toUpperCase();
}
