// Codes that nobody guesses, also where the page came over http.
import { describe, expect, it, vi } from "vitest";
import { randomCode } from "../../src/shared/random";

describe("a random code", () => {
  it("has as many characters as are wanted, of those that scanners read", () => {
    expect(randomCode(26)).toMatch(/^[0-9A-Z]{26}$/);
  });

  it("is another one each time", () => {
    expect(new Set(Array.from({ length: 100 }, () => randomCode(16))).size).toBe(100);
  });

  it("needs nothing that pages over https alone have", () => {
    vi.stubGlobal("crypto", { getRandomValues: (bytes: Uint8Array) => bytes.fill(33) });
    expect(randomCode(3)).toBe("111");
    vi.unstubAllGlobals();
  });
});
