// Whose a slot is, and how long it stays so.
import { describe, expect, it } from "vitest";
import { countdown, secondsLeft, standingOf, type Session } from "../../../src/eng/manual/session";

const SESSION = {
  batch_id: "b", active: true, session_id: "S1", state: "open", holder: "kim", since: "2026-03-01T10:00:00Z",
  expires: "2026-03-01T10:00:15Z", idle_until: "2026-03-01T10:05:00Z", keepalive: true, instruments: {}, busy_with: "",
  last: [], steps: [],
} satisfies Session;

describe("a slot", () => {
  it.each([
    [{ active: false }, "kim", null, "free"],
    [{}, "kim", "S1", "here"],
    [{}, "kim", null, "elsewhere"],
    [{}, "kim", "S0", "elsewhere"],
    [{}, "lee", null, "others"],
    [{}, "lee", "S1", "others"],
  ] as const)("%j is for %s, who has opened %s: %s", (more, me, here, standing) => {
    expect(standingOf({ ...SESSION, ...more }, me, here)).toBe(standing);
  });

  it("is let go when nothing was done for long, not when the next sign of life is due", () => {
    const now = new Date("2026-03-01T10:00:30Z").getTime();

    expect(secondsLeft(SESSION, now)).toBe(270);
    expect(secondsLeft({ ...SESSION, idle_until: null }, now)).toBeNull();
    expect(secondsLeft(SESSION, now + 3_600_000)).toBe(0);
    expect(countdown(270)).toBe("4:30");
    expect(countdown(5)).toBe("0:05");
  });
});
