// Every theme can be read, also by those who do not tell red from green.
import { describe, expect, it } from "vitest";
import { THEMES, TOKENS, type Fill } from "../../src/theme/tokens";
import { contrast, distance, type Vision } from "./colour";

const TEXT = 4.5;
const GRAPHICS = 3;
const APART = 40;
const VISIONS: Vision[] = ["normal", "deuteranopia", "protanopia", "tritanopia"];

describe("the arithmetic", () => {
  it("gives the published figures", () => {
    // Black on white, and the pairs of the study the colours were chosen by.
    expect(contrast("#000000", "#FFFFFF")).toBeCloseTo(21, 5);
    expect(contrast("#FFFFFF", "#006D77")).toBeCloseTo(6.08, 1);
    expect(contrast("#FFFFFF", "#B33C00")).toBeCloseTo(5.89, 1);
    expect(distance("#22c55e", "#ef4444", "deuteranopia")).toBeCloseTo(12.7, 0);
    expect(distance("#006D77", "#B33C00", "normal")).toBeCloseTo(96, 0);
    expect(distance("#006D77", "#B33C00", "deuteranopia")).toBeCloseTo(69, 0);
    expect(distance("#006D77", "#B33C00", "protanopia")).toBeCloseTo(54, 0);
  });
});

describe.each(THEMES)("the %s theme", (theme) => {
  const tokens = TOKENS[theme];
  const fills = Object.entries(tokens).filter((entry): entry is [string, Fill] => typeof entry[1] !== "string");

  it.each(fills)("can be read on %s", (_, { fill, on }) => {
    expect(contrast(fill, on)).toBeGreaterThanOrEqual(TEXT);
  });

  it.each(fills)("shows %s on the ground and on a surface", (_, { fill }) => {
    expect(contrast(fill, tokens.ground)).toBeGreaterThanOrEqual(GRAPHICS);
    expect(contrast(fill, tokens.surface)).toBeGreaterThanOrEqual(GRAPHICS);
  });

  it.each(["text", "muted", "passText", "failText"] as const)("can be read: %s", (name) => {
    for (const behind of [tokens.ground, tokens.surface, tokens.raised])
      expect(contrast(tokens[name], behind)).toBeGreaterThanOrEqual(TEXT);
  });

  it("shows the edges", () => {
    for (const behind of [tokens.ground, tokens.surface])
      expect(contrast(tokens.line, behind)).toBeGreaterThanOrEqual(GRAPHICS);
  });

  it.each(VISIONS)("keeps PASS and FAIL apart for %s vision", (vision) => {
    expect(distance(tokens.pass.fill, tokens.fail.fill, vision)).toBeGreaterThanOrEqual(APART);
    expect(distance(tokens.passText, tokens.failText, vision)).toBeGreaterThanOrEqual(APART);
  });
});
