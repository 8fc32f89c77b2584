// When the screen is left alone for too long.
import { beforeEach, describe, expect, it } from "vitest";
import { isLeftAlone, touched, type Kept } from "../../src/lock/activity";

function memory(): Kept & { written: number } {
  const held = new Map<string, string>();
  return {
    written: 0,
    getItem: (key) => held.get(key) ?? null,
    setItem(key, value) {
      this.written += 1;
      held.set(key, value);
    },
  };
}

let kept = memory();
beforeEach(() => {
  kept = memory();
});

describe("a screen", () => {
  it("is left alone from the last touch on, in whichever tab that was", () => {
    touched(100_000, kept);
    expect(isLeftAlone(10, 109_999, kept)).toBe(false);
    expect(isLeftAlone(10, 110_000, kept)).toBe(true);
    touched(110_000, kept);
    expect(isLeftAlone(10, 119_000, kept)).toBe(false);
  });

  it("is never left alone for too long where that is 0", () => {
    touched(0, kept);
    expect(isLeftAlone(0, 1e12, kept)).toBe(false);
  });

  it("was touched just now where nobody knows", () => {
    expect(isLeftAlone(10, 100_000, kept)).toBe(false);
    expect(isLeftAlone(10, 110_000, kept)).toBe(true);
  });

  it("does not stay open because a clock was set back, or because of what somebody wrote there", () => {
    touched(1_000_000, kept);
    expect(isLeftAlone(10, 500_000, kept)).toBe(false);
    expect(isLeftAlone(10, 510_000, kept)).toBe(true);
    kept.setItem("station.touched", "soon");
    expect(isLeftAlone(10, 600_000, kept)).toBe(false);
    expect(isLeftAlone(10, 610_000, kept)).toBe(true);
  });

  it("is not written down at each key", () => {
    for (let at = 0; at < 3000; at += 100) touched(100_000 + at, kept);
    expect(kept.written).toBe(3);
  });
});
