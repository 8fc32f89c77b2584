"""What holds on every screen: axe finds nothing, nobody but the station is asked for anything, and it is small."""

import gzip
import re
from collections.abc import Iterator
from itertools import product

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.api.served import Served
from tests.browser.axe import violations
from tests.browser.conftest import Open
from tests.browser.scenes import Scene, routes, scenes
from tests.browser.screen import Language, Screen, Theme, screen
from tests.browser.sizes import too_small
from tests.support import ROOT

pytestmark = pytest.mark.station

THEMES: tuple[Theme, ...] = ("dark", "light", "bright")
LANGUAGES: tuple[Language, ...] = ("ko", "en")
LOOKS: tuple[tuple[Theme, Language], ...] = (("dark", "ko"), ("light", "en"), ("bright", "ko"))
"""For each scene every theme and both languages; for each route every pair of them."""
NOWHERE = re.compile("There is no such screen|이런 화면은 없습니다")
"""What an address says that leads nowhere."""
INITIAL = 250 * 1024
"""Bytes of script, compressed, that a page may need before it shows anything."""
ALL = 3 * 1024 * 1024
STATIC = ROOT / "api" / "static"


@pytest.fixture(scope="module")
def browser_window(chromium: Browser, served: Served) -> Iterator[Screen]:
    with screen(chromium, served.url) as one:
        yield one


@pytest.fixture
def window(browser_window: Screen) -> Iterator[Screen]:
    """One window in which scene after scene is looked at: what was loaded once is not loaded again."""
    browser_window.errors.clear()
    browser_window.abroad.clear()
    yield browser_window
    cut = browser_window.mend_the_line()
    assert browser_window.complain(*(["ERR_INTERNET_DISCONNECTED", "WebSocket"] if cut else [])) == []


@pytest.mark.parametrize("path", routes())
def test_axe_finds_nothing_and_nobody_else_is_asked(path: str, open_screen: Open) -> None:
    subject = open_screen(path)
    subject.page.wait_for_load_state("networkidle")

    for theme, language in product(THEMES, LANGUAGES):
        subject.choose(theme, language)
        assert violations(subject) == [], f"{path} {theme} {language}"


@pytest.mark.parametrize("scene", scenes(), ids=lambda scene: scene.name)
def test_axe_finds_nothing_in_any_state(scene: Scene, served: Served, api: httpx.Client, window: Screen) -> None:
    with scene.bring(served, api):
        window.go(scene.address(api)).live()
        scene.press(window)

        assert not scene.name.startswith("eng-") or too_small(window) == []
        for theme, language in LOOKS:
            window.choose(theme, language)
            expect(window.page.locator("body")).not_to_contain_text(NOWHERE)
            assert violations(window) == [], f"{scene.name} {theme} {language}"


def test_a_page_that_asks_somebody_else_is_noticed(chromium: Browser, served: Served) -> None:
    with screen(chromium, served.url) as subject:
        subject.go().page.evaluate("fetch('http://example.org/').catch(() => undefined)")
        subject.page.evaluate("document.body.append(Object.assign(new Image(), { src: 'http://example.com/a.png' }))")
        subject.page.wait_for_timeout(100)
        complaints = subject.complain()

    assert all(any(name in complaint for complaint in complaints) for name in ("example.org", "example.com"))


def test_a_page_that_cannot_be_used_without_eyes_is_noticed(open_screen: Open) -> None:
    subject = open_screen()
    subject.page.evaluate("document.querySelector('header').innerHTML += '<button></button>'")

    assert [line.split(" ")[0] for line in violations(subject)] == ["button-name"]


def test_what_a_page_needs_at_first_is_small() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r'(?:src|href)="/(assets/[^"]+\.js)"', page)

    sizes = {name: len(gzip.compress((STATIC / name).read_bytes(), 6)) for name in scripts}
    everything = sum(file.stat().st_size for file in STATIC.rglob("*") if file.is_file())

    assert scripts, "the page has no script"
    assert sum(sizes.values()) <= INITIAL, sizes
    assert everything <= ALL, f"{everything} bytes in api/static"
