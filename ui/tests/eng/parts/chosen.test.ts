// What is chosen on a list is in the address, and only what is chosen.
import { describe, expect, it } from "vitest";
import { localOf, momentOf, withChanged } from "../../../src/eng/parts/chosen";

describe("what is chosen", () => {
  it("is added, changed and taken away, and leaves the rest", () => {
    const after = withChanged(new URLSearchParams("batch=b1&text=x&tab=2"), { batch: "b2", text: "", level: "error", run: undefined });

    expect(after.toString()).toBe("batch=b2&tab=2&level=error");
  });
});

describe("a moment", () => {
  it("comes back as it was entered", () => {
    expect(localOf(momentOf("2026-03-01T14:05"))).toBe("2026-03-01T14:05");
  });

  it.each(["", "yesterday"])("that is none (%j) is nothing", (entered) => {
    expect(momentOf(entered)).toBe("");
    expect(localOf(entered)).toBe("");
  });
});
