"""A scanner that types into a real browser: every keyboard language, whatever has the focus, whatever goes on."""

import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.api.served import Served
from tests.browser.conftest import Open
from tests.browser.line import wip
from tests.browser.scanner import Mode
from tests.browser.screen import Screen
from tests.browser.soak import soak

pytestmark = pytest.mark.station

MEAN_GAP, LONGEST_GAP = 35, 80
"""Milliseconds; the limits of ui/src/scanner/burst.ts."""
SHORT_SOAK = 600


@pytest.fixture
def screen(open_screen: Open) -> Screen:
    """A screen on which nothing is started: several slots are free, and it asks which."""
    return open_screen().live()


def asked_for(screen: Screen, code: str) -> None:
    """Wait until the screen has read this code and asks where it belongs; then forget it."""
    expect(screen.scanned).to_have_attribute("data-scanned", code)
    expect(screen.dialog).to_contain_text(f"{code}: press a slot")
    screen.page.keyboard.press("Escape")
    expect(screen.dialog).to_have_count(0)


def test_keys_that_come_as_a_keyboard_sends_them_are_read_or_refused_and_never_shortened(screen: Screen) -> None:
    screen.page.evaluate(
        "() => { window.keys = []; window.addEventListener('keydown', (e) => window.keys.push(e.timeStamp), true); }"
    )
    read = 0

    for number in range(5):
        code = wip(100 + number)
        screen.page.evaluate("window.keys = []")
        screen.page.keyboard.type(code, delay=5)
        screen.page.keyboard.press("Enter")
        times = screen.page.evaluate("window.keys")
        gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
        # A machine that is busy makes a slow scanner of a quick one: what it then types is not the code of a unit.
        if max(gaps) <= LONGEST_GAP and sum(gaps) / len(code) <= MEAN_GAP:
            asked_for(screen, code)
            read += 1
        else:
            expect(screen.scanned.and_(screen.page.locator(f"[data-scanned='{code}']"))).to_have_count(0)
    assert read, "this machine types no code in time"


@pytest.mark.parametrize("mode", ["us", "hangul", "capslock"])
def test_the_language_of_the_keyboard_does_not_matter(screen: Screen, mode: Mode) -> None:
    screen.scanner.scan(wip(110), mode=mode)

    asked_for(screen, wip(110))


def test_a_scan_while_the_input_method_is_putting_letters_together_is_read(screen: Screen) -> None:
    screen.press("START Slot 1")
    field = screen.dialog.get_by_label("WIP code")
    field.click()
    screen.scanner.compose("ㅈㅑ")
    expect(field).to_have_value("ㅈㅑ")
    screen.page.keyboard.press("Escape")
    screen.page.keyboard.press("Escape")

    screen.scanner.scan(wip(111), mode="hangul")

    expect(screen.scanned).to_have_attribute("data-scanned", wip(111))


def test_what_is_typed_by_hand_in_hangul_mode_is_turned_back_and_that_is_said(screen: Screen) -> None:
    screen.press("START Slot 1")
    field = screen.dialog.get_by_label("WIP code")
    field.click()
    screen.scanner.compose("쟈")
    screen.page.keyboard.insert_text("쟈ㅔ-KR01")

    expect(field).to_have_value("WIP-KR01")
    expect(screen.dialog).to_contain_text("Hangul keys → converted to WIP-KR01")


def test_the_enter_of_a_scan_presses_nothing_and_its_letters_go_nowhere(screen: Screen) -> None:
    screen.page.get_by_role("button", name="Settings").focus()
    screen.scan(wip(112))
    asked_for(screen, wip(112))

    screen.press("START Slot 1")
    screen.dialog.get_by_label("WIP code").click()
    screen.dialog.get_by_label("WIP code").evaluate("field => field.blur()")
    screen.scan("SLOT-99")

    expect(screen.notice).to_have_text("No such slot: SLOT-99")
    expect(screen.dialog.get_by_label("WIP code")).to_have_value("")


def test_prefix_and_suffix_are_taken_off_and_what_lacks_them_is_typing(open_screen: Open) -> None:
    screen = open_screen(scannerPrefix="~", scannerSuffix="]").live()

    screen.scan(f"~{wip(113)}]")
    asked_for(screen, wip(113))
    screen.scan(f"~{wip(114)}")
    expect(screen.notice).to_have_text("The code was not read completely. Scan it again.")
    screen.scan(wip(115))

    expect(screen.dialog).to_have_count(0)


def test_two_scanners_at_once_give_neither_code_nor_a_mixture(open_screen: Open) -> None:
    screen = open_screen(scannerPrefix="~").live()
    one, two = f"~{wip(116)}", f"~{wip(117)}"

    screen.scanner.begin(300)
    for pair in zip(one, two, strict=True):
        for character in pair:
            screen.scanner.key(character)
    screen.scanner.press("Enter", "Enter")
    expect(screen.notice).to_have_text("The code was not read completely. Scan it again.")
    screen.scan(one)

    asked_for(screen, wip(116))


def test_the_same_code_twice_is_one_scan(screen: Screen) -> None:
    screen.scan("SLOT-1")
    screen.scan("SLOT-1")

    expect(screen.notice).to_have_text("The same code again: ignored.")
    expect(screen.tile("good", "ready")).to_be_visible()


@pytest.fixture
def busy(served: Served, api: httpx.Client) -> Iterator[Any]:
    """A run goes on on the slow slot."""
    yield served.start(api, "slow", wip_id=wip(118))
    api.post("/api/batches/slow/sequence/stop")
    served.wait_free(api, "slow")


def test_a_scan_for_a_slot_that_is_busy_changes_nothing(
    served: Served, api: httpx.Client, busy: str, screen: Screen
) -> None:
    screen.wait_look("slow", "running")

    screen.scan("SLOT-SLOW")
    expect(screen.notice).to_have_text("Slow is busy. Scan when it has ended.")

    assert api.get("/api/batches/slow").json()["execution_id"] == busy
    assert served.station.rows("SELECT count(*) FROM execution_results WHERE wip_id = 'SLOT-SLOW'") == [(0,)]


def test_many_scans_one_right_after_the_other_are_all_read(screen: Screen) -> None:
    soaked = soak(screen, SHORT_SOAK)

    assert list(zip(soaked.lost, soaked.instead, strict=True)) == []
