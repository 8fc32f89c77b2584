"""Scanners for tests: keys as the browser gets them from the system, at times of the test's own."""

import time
from collections.abc import Sequence
from typing import Any, Literal

from playwright.sync_api import CDPSession, Page

Mode = Literal["us", "hangul", "capslock"]
GAP = 5.0
"""Milliseconds between the keys of a scanner."""
SHIFT = 8


class Scanner:
    """A scanner on the keyboard's line.

    The browser is told when each key went down, as the system tells it; so a machine that is busy with other things
    does not make a slow scanner of a quick one.
    """

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._at = 0.0

    def scan(self, code: str, *, gap: float = GAP, end: str = "Enter", mode: Mode = "us") -> None:
        """Scan a code."""
        self.begin(gap * (len(code) + 1))
        for character in code:
            self.key(character, gap=gap, mode=mode)
        if end:
            self.press(end, end, gap=gap, windowsVirtualKeyCode=13 if end == "Enter" else 9)

    def begin(self, lasting: float = 0.0) -> None:
        """Let the next key be one that went down so many milliseconds ago."""
        self._at = time.time() - lasting / 1000

    def key(self, character: str, *, gap: float = GAP, mode: Mode = "us") -> None:
        """Type one character, with Shift where a US keyboard needs it; CapsLock and Hangul mode are the keyboard's."""
        letter = character.isalpha()
        code = f"Key{character.upper()}" if letter else _OTHERS.get(character, f"Digit{character}")
        shift = (letter and character.isupper()) or character in _SHIFTED
        if mode == "capslock" and letter:
            # The scanner presses Shift all the same, so that small letters come.
            character = character.swapcase()
        key, number = ("Process", 229) if mode == "hangul" and letter else (character, ord(character.upper()))
        self.press(code, key, gap=gap, windowsVirtualKeyCode=number, modifiers=SHIFT if shift else 0)

    def press(self, code: str, key: str, *, gap: float = GAP, **about: Any) -> None:
        """Press and release a key."""
        self._at += gap / 1000
        about = {"code": code, "key": key, "timestamp": self._at, **about}
        # A key that types something has a text; in Hangul mode the input method keeps it to itself.
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        self._send("keyDown" if text else "rawKeyDown", {**about, **({"text": text} if text else {})})
        self._send("keyUp", about)

    def compose(self, text: str) -> None:
        """Have the input method show what it has put together so far."""
        self._session.send(
            "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
        )

    def _send(self, kind: str, about: dict[str, Any]) -> None:
        self._session.send("Input.dispatchKeyEvent", {"type": kind, **about})


_OTHERS = {"-": "Minus", "_": "Minus", "~": "Backquote", "]": "BracketRight", " ": "Space"}
_SHIFTED = "_~"

MANY = """
async ([codes, mode, patience]) => {
  // The times are the scanner's, as the system would tell them, and not those at which a busy machine gets here.
  let at = performance.now();
  const shown = () => document.querySelector("[data-scanned]")?.dataset.scanned;
  const press = (code, shiftKey, key) => {
    const held = mode === "hangul" && code.startsWith("Key");
    const said = held ? { key: "Process", keyCode: 229 } : { key };
    const about = { code, shiftKey, ...said, bubbles: true, cancelable: true };
    for (const kind of ["keydown", "keyup"]) {
      const event = new KeyboardEvent(kind, about);
      Object.defineProperty(event, "timeStamp", { value: at });
      document.body.dispatchEvent(event);
    }
    at += 5;
  };
  const taken = [];
  for (const text of codes) {
    at = Math.max(performance.now(), at + 50);
    for (const character of text) {
      const letter = /[A-Z]/.test(character);
      const code = letter ? `Key${character}` : character === "-" ? "Minus" : `Digit${character}`;
      press(code, letter && mode !== "capslock", character);
    }
    press("Enter", false, "Enter");
    const until = performance.now() + patience;
    while (shown() !== text && performance.now() < until) await new Promise((done) => setTimeout(done, 0));
    taken.push(shown() ?? "");
  }
  return taken;
}
"""


def scan_many(page: Page, codes: Sequence[str], mode: Mode, patience: int = 2000) -> list[str]:
    """Scan codes one right after the other, quicker than any scanner, each as soon as the one before is on the screen.

    Returns:
        What was on the screen after each scan: its code, if nothing was lost.
    """
    taken: list[str] = page.evaluate(MANY, [list(codes), mode, patience])
    return taken
