// The scanner is heard whatever the keyboard's language is, and nothing else is taken for it.
import { beforeEach, describe, expect, it } from "vitest";
import { listen } from "../../src/scanner/listener";
import { Keyboard } from "./keyboard";

const WIP = "WIP-A1B2C3D4E5F-001";

let keyboard: Keyboard;
let scans: string[];
let duplicates: string[];
let broken: number;

function attach(settings: { prefix?: string; suffix?: string } = {}): () => void {
  return listen(
    keyboard,
    { onScan: (code) => scans.push(code), onDuplicate: (code) => duplicates.push(code), onBroken: () => (broken += 1) },
    settings,
  );
}

beforeEach(() => {
  keyboard = new Keyboard();
  scans = [];
  duplicates = [];
  broken = 0;
});

/** The n-th of many different codes. */
function wipOf(n: number): string {
  const middle = (n * 7919 + 13).toString(36).toUpperCase().padStart(11, "0").slice(-11);
  return `WIP-${middle}-${String(n % 1000).padStart(3, "0")}`;
}

describe("a scan", () => {
  it.each(["us", "hangul", "capslock"] as const)("is heard in %s mode", (mode) => {
    attach();

    keyboard.type(WIP, { mode });

    expect(scans).toEqual([WIP]);
  });

  it("is upper case, whatever the scanner sends", () => {
    attach();

    keyboard.type(WIP.toLowerCase());

    expect(scans).toEqual([WIP]);
  });

  it.each(["Enter", "Tab"] as const)("ends with %s, which reaches nobody else", (end) => {
    attach();

    keyboard.type(WIP, { end });

    expect(scans).toEqual([WIP]);
    expect(keyboard.reached).not.toContain(end);
  });

  it("may be read off a number pad", () => {
    attach();

    for (const code of ["Numpad1", "Numpad2", "NumpadSubtract", "Numpad3", "Numpad4", "Numpad5", "NumpadEnter"]) {
      keyboard.wait(5);
      keyboard.press(code);
    }

    expect(scans).toEqual(["12-345"]);
  });

  it.each(["START", "OK", "NG", "RETRY", "OP-7"])("of a card's %s is short", (word) => {
    attach();

    keyboard.type(word);

    expect(scans).toEqual([word]);
  });

  it("with blanks presses no button", () => {
    attach();

    keyboard.type("AB CD EF");

    expect(scans).toEqual(["AB CD EF"]);
    expect(keyboard.reached).not.toContain("Space");
  });

  it("is heard no more once nobody listens", () => {
    attach()();

    keyboard.type(WIP);

    expect(scans).toEqual([]);
  });
});

describe("a prefix and a suffix", () => {
  it("are taken off", () => {
    attach({ prefix: "~]C1", suffix: "!" });

    keyboard.type(`~]C1${WIP}!`);

    expect(scans).toEqual([WIP]);
  });

  it("make a scan of a short code and of a slow scanner", () => {
    attach({ prefix: "~" });

    keyboard.type("~A1", { gap: 60 });

    expect(scans).toEqual(["A1"]);
  });

  it("tell a person's fast typing apart", () => {
    attach({ prefix: "~" });

    keyboard.type(WIP);

    expect(scans).toEqual([]);
    expect(keyboard.reached).toContain("Enter");
  });

  it("say when the end is missing", () => {
    attach({ prefix: "~", suffix: "!" });

    keyboard.type("~WIP-A1B2");

    expect(scans).toEqual([]);
    expect(broken).toBe(1);
  });
});

describe("a person", () => {
  it("types on undisturbed", () => {
    attach();

    keyboard.type("hello world", { gap: 110 });

    expect(scans).toEqual([]);
    expect(broken).toBe(0);
    expect(keyboard.reached.filter((code) => !code.startsWith("Shift"))).toHaveLength("hello world".length + 1);
  });

  it("may press Enter and shortcuts", () => {
    attach();

    keyboard.press("Enter");
    keyboard.wait(5);
    for (let times = 0; times < 8; times += 1) keyboard.press("KeyC", { ctrlKey: true });

    expect(scans).toEqual([]);
    expect(keyboard.reached).toHaveLength(9);
  });

  it("may hold a key down", () => {
    attach();

    keyboard.press("KeyA");
    for (let times = 0; times < 30; times += 1) {
      keyboard.wait(30);
      keyboard.press("KeyA", { repeat: true });
    }
    keyboard.press("Enter");

    expect(scans).toEqual([]);
  });

  it("may have pressed a key a second before the scan begins", () => {
    attach();

    keyboard.press("KeyX");
    keyboard.wait(1100);
    keyboard.type(WIP);

    expect(scans).toEqual([WIP]);
  });
});

describe("a torn scan", () => {
  it("is not read without its first character", () => {
    attach();

    keyboard.type(WIP.slice(0, 1), { end: "" });
    keyboard.wait(150);
    keyboard.type(WIP.slice(1));

    expect(scans).toEqual([]);
    expect(broken).toBe(1);
  });

  it("is not read from its middle", () => {
    attach();

    keyboard.type(WIP.slice(0, 8), { end: "" });
    keyboard.wait(200);
    keyboard.type(WIP.slice(8));

    expect(scans).toEqual([]);
    expect(broken).toBe(1);
  });

  it("does not spoil the next one", () => {
    attach();
    keyboard.type(WIP.slice(0, 8), { end: "" });
    keyboard.wait(200);
    keyboard.type(WIP.slice(8));

    keyboard.wait(400);
    keyboard.type(WIP);

    expect(scans).toEqual([WIP]);
  });

  it("does not spoil the next one where its end never comes", () => {
    attach();
    keyboard.type(WIP.slice(0, 8), { end: "" });

    keyboard.wait(1500);
    keyboard.type(WIP);

    expect(scans).toEqual([WIP]);
  });
});

describe("the same code", () => {
  it("is one scan within two seconds, also where the trigger is held", () => {
    attach();

    for (let times = 0; times < 5; times += 1) {
      keyboard.type(WIP);
      keyboard.wait(1500);
    }

    expect(scans).toEqual([WIP]);
    expect(duplicates).toHaveLength(4);
  });

  it("counts again later", () => {
    attach();

    keyboard.type(WIP);
    keyboard.wait(2100);
    keyboard.type(WIP);

    expect(scans).toEqual([WIP, WIP]);
  });
});

describe("two scanners", () => {
  it("one right after the other are two scans", () => {
    attach();

    keyboard.type(wipOf(1), { gap: 2 });
    keyboard.type(wipOf(2), { gap: 2 });

    expect(scans).toEqual([wipOf(1), wipOf(2)]);
  });

  it.each([1, 3, 7, 15])("at once, %i characters apart, never make a third code", (lag) => {
    attach();
    const one = [...Array.from(wipOf(1)), "Enter"];
    const other = [...Array.from(wipOf(2)), "Enter"];

    for (let at = 0; at < one.length + lag; at += 1) {
      for (const key of [one[at], other[at - lag]]) {
        if (key === "Enter") keyboard.press("Enter");
        else if (key !== undefined) keyboard.character(key, 2);
      }
    }

    const pattern = /^WIP-[A-Z0-9]{11,13}-[0-9]{3}$/;
    expect(scans.filter((code) => pattern.test(code) && code !== wipOf(1) && code !== wipOf(2))).toEqual([]);
  });
});

it("loses and merges none of 10,000 scans", () => {
  attach();
  const expected: string[] = [];
  const modes = ["us", "hangul", "capslock"] as const;

  for (let n = 0; n < 10_000; n += 1) {
    expected.push(wipOf(n));
    keyboard.type(wipOf(n), { gap: 1 + (n % 30), mode: modes[n % 3] ?? "us", end: n % 2 ? "Tab" : "Enter" });
    keyboard.wait(n % 50);
  }

  expect(scans).toEqual(expected);
  expect(duplicates).toEqual([]);
  expect(broken).toBe(0);
});
