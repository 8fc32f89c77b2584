"""A page of the station's screen in a real browser, in the words of the people before it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, WebSocket, expect

from tests.browser.scanner import Scanner

Theme = Literal["dark", "light", "bright"]
Language = Literal["ko", "en"]

SIZE = (1920, 1080)
WITHIN = 15_000
"""Milliseconds until something on the screen must have come."""

expect.set_options(timeout=WITHIN)

_PREFERENCES = "station.preferences"
_CHOOSE = """([name, theme, language]) => {
  const kept = JSON.parse(localStorage.getItem(name));
  localStorage.setItem(name, JSON.stringify({ ...kept, state: { ...kept.state, theme, language } }));
  window.dispatchEvent(new StorageEvent("storage", { key: name }));
}"""


@dataclass
class Screen:
    """One page.

    Attributes:
        errors: What the browser's console has as an error.
        abroad: Requests to anybody but the station.
        cut: Whether the network was taken away.
    """

    page: Page
    url: str
    language: Language = "en"
    errors: list[str] = field(default_factory=list)
    abroad: list[str] = field(default_factory=list)
    cut: bool = False

    def __post_init__(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("websocket", self._on_socket)

    def go(self, path: str = "/op") -> "Screen":
        """Load a page and wait until it shows something."""
        self.page.goto(self.url + path)
        self.page.locator("#root :is(h1, h2, main)").first.wait_for(timeout=WITHIN)
        return self

    def live(self) -> "Screen":
        """Wait until it shows how things stand."""
        self.fresh()
        self.page.wait_for_load_state("networkidle")
        return self

    # What is seen

    def tile(self, slot: str, look: str = "") -> Locator:
        """The tile of a slot, while it looks so."""
        return self.page.locator(f'article[data-slot="{slot}"]' + (f'[data-look="{look}"]' if look else ""))

    def wait_look(self, slot: str, look: str, within: float = WITHIN) -> Locator:
        """Wait until a slot looks so."""
        tile = self.tile(slot, look)
        expect(tile).to_be_visible(timeout=within)
        return tile

    @property
    def notice(self) -> Locator:
        """What the screen says about the last scan or command."""
        return self.page.locator("[data-notice]")

    @property
    def dialog(self) -> Locator:
        return self.page.locator("dialog[open]")

    def fresh(self, fresh: bool = True, within: float = WITHIN) -> None:
        """Wait until the page says that it is, or is not, how things stand now."""
        said = f'[data-fresh="{str(fresh).lower()}"]'
        expect(self.page.locator(f"header{said}, header {said}")).to_be_visible(timeout=within)

    # What is done

    def scan(self, code: str) -> None:
        """Scan a code, wherever the focus is."""
        self.scanner.scan(code)

    @property
    def scanned(self) -> Locator:
        """The code that was read last."""
        return self.page.locator("[data-scanned]")

    @cached_property
    def scanner(self) -> Scanner:
        """The scanner at this screen."""
        return Scanner(self.page)

    def press(self, name: str, within: Locator | None = None) -> None:
        """Press the button of this name."""
        place = within if within is not None else self.page
        place.get_by_role("button", name=re.compile(rf"^{re.escape(name)}")).first.click()

    def choose(self, theme: Theme, language: Language) -> None:
        """Have it in this theme and language, as if that was chosen in another window: nothing is loaded anew."""
        self.page.evaluate(_CHOOSE, [_PREFERENCES, theme, language])
        self.language = language
        expect(self.page.locator(f'html[lang="{language}"][data-theme="{theme}"]')).to_have_count(1)
        self.page.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")

    def cut_the_line(self) -> None:
        """Take the network away from this page, without a word to it."""
        self.page.context.set_offline(True)
        self.cut = True

    def mend_the_line(self) -> bool:
        """Give it back; tells whether it was taken."""
        self.page.context.set_offline(False)
        cut, self.cut = self.cut, False
        return cut

    # What must not be

    def complain(self, *allowed: str) -> list[str]:
        """Everything the browser complained about, but for what has one of these texts in it."""
        return [error for error in self.errors if not any(text in error for text in allowed)] + self.abroad

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def _on_request(self, request: Request) -> None:
        self._note(request.url)

    def _on_socket(self, socket: WebSocket) -> None:
        self._note(socket.url)

    def _note(self, url: str) -> None:
        if urlsplit(url).netloc != urlsplit(self.url).netloc:
            self.abroad.append(f"request to {url}")


@contextmanager
def screen(
    browser: Browser,
    url: str,
    *,
    language: Language = "en",
    theme: Theme = "dark",
    size: tuple[int, int] = SIZE,
    **preferences: Any,
) -> Iterator[Screen]:
    """A browser of its own, with nothing of another one's: no page is loaded yet."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    chosen = {"language": language, "theme": theme, "volume": 0, **preferences}
    kept = json.dumps({"state": chosen, "version": 1})
    context.add_init_script(
        f"if (!localStorage.getItem('{_PREFERENCES}')) localStorage.setItem('{_PREFERENCES}', {json.dumps(kept)});"
    )
    try:
        yield Screen(context.new_page(), url, language)
    finally:
        context.close()
