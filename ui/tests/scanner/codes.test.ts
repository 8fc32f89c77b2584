// What a code means, and what was meant by what was typed.
import { describe, expect, it } from "vitest";
import { meaningOf, shownCode, wipPatternOf } from "../../src/scanner/codes";
import { codeTyped, hasHangul } from "../../src/scanner/jamo";

const RULES = { slots: ["batch_1", "oven"], wipPattern: wipPatternOf("^WIP-[A-Z0-9]{11,13}-[0-9]{3}$") };

describe("a code", () => {
  it.each([
    ["START", { kind: "control", control: "START" }],
    ["SLOT-1", { kind: "slot", slot: "batch_1" }],
    ["SLOT-OVEN", { kind: "slot", slot: "oven" }],
    ["SLOT-BATCH_1", { kind: "slot", slot: "batch_1" }],
    ["SLOT-3", { kind: "unknown_slot", text: "SLOT-3" }],
    ["SLOT-0", { kind: "unknown_slot", text: "SLOT-0" }],
    ["BADGE-7QK2M4XW9ZTR", { kind: "badge", badge: "BADGE-7QK2M4XW9ZTR" }],
    ["BADGE-", { kind: "badge", badge: "BADGE-" }],
    ["OP-42", { kind: "operator", number: 42 }],
    ["WIP-A1B2C3D4E5F-001", { kind: "wip", wip: "WIP-A1B2C3D4E5F-001" }],
    ["WIP-A1B2C3D4E5F-001X", { kind: "unreadable", text: "WIP-A1B2C3D4E5F-001X" }],
    ["STOP", { kind: "unreadable", text: "STOP" }],
  ])("%s", (code, meaning) => {
    expect(meaningOf(code, RULES)).toEqual(meaning);
  });

  it("is a unit, whatever it is, where no pattern says otherwise", () => {
    expect(meaningOf("SN 4711", { slots: [], wipPattern: null })).toEqual({ kind: "wip", wip: "SN 4711" });
  });

  it("is shown, unless it is somebody's badge", () => {
    expect(shownCode("WIP-A1B2C3D4E5F-001")).toBe("WIP-A1B2C3D4E5F-001");
    expect(shownCode("BADGE-7QK2M4XW9ZTR")).toBe("BADGE-••••");
  });

  it("is matched whole", () => {
    expect(wipPatternOf("WIP-[0-9]+|X")?.test("WIP-1 and more")).toBe(false);
  });
});

describe("a code typed in Hangul mode", () => {
  it.each([
    ["ㅈㅑㅔ", "WIP"],
    ["쟤ㅔ-001", "WOP-001"],
    ["쟈ㅔ-ㅁ1ㅠ2ㅊ3-001", "WIP-A1B2C3-001"],
    ["wip-a1-001", "WIP-A1-001"],
    [" wip 1 ", "WIP1"],
    ["뷁", "QNPFR"],
    ["\u110c\u1163\u3154", "WIP"],
  ])("%s means %s", (typed, meant) => {
    expect(codeTyped(typed)).toBe(meant);
  });

  it("is noticed", () => {
    expect(hasHangul("쟈ㅔ-1")).toBe(true);
    expect(hasHangul("WIP-1")).toBe(false);
  });
});
