// Codes that nobody guesses. The browser has its own ids for pages over https alone, and a line speaks http.

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** So many characters, each one of 32. */
export function randomCode(length: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => DIGITS[byte % DIGITS.length]).join("");
}
