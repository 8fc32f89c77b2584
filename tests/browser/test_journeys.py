"""What operators do from morning to evening, on a real station, through a real browser."""

import re
import time
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, expect

from tests.api.served import Served
from tests.browser.conftest import Open
from tests.browser.line import wip
from tests.browser.screen import Screen
from tests.support import until

pytestmark = pytest.mark.station

READ_FROM_FIVE_METRES = 160
"""Pixels of a verdict's letters."""


@pytest.fixture(autouse=True)
def free(served: Served, api: httpx.Client) -> Any:
    """Every test finds every slot free, and leaves it so."""
    yield
    api.post("/api/batches/stop", json={})
    for slot in ("good", "bad", "asking", "slow"):
        served.wait_free(api, slot)


def size_of(letters: Locator) -> float:
    """Pixels of somebody's letters."""
    return float(letters.evaluate("element => parseFloat(getComputedStyle(element).fontSize)"))


def verdict(served: Served, wip_id: str) -> str | None:
    """What the database says of the last run of a WIP."""
    found = served.station.rows(
        f"SELECT outcome FROM execution_results WHERE wip_id = '{wip_id}' ORDER BY created_at DESC LIMIT 1"
    )
    return found[0][0] if found else None


def scan_onto(screen: Screen, slot: str, code: str) -> None:
    """Scan the barcode of a slot, then a unit's."""
    screen.scan(f"SLOT-{slot.upper()}")
    expect(screen.tile(slot, "ready")).to_be_visible()
    screen.scan(code)


def test_a_scanned_unit_is_followed_step_by_step_to_its_pass(served: Served, open_screen: Open) -> None:
    screen = open_screen().live()

    scan_onto(screen, "good", wip(1))
    running = screen.wait_look("good", "running")
    expect(running).to_contain_text(wip(1))
    expect(running.get_by_text(re.compile(r"Step [1-6] / 7"))).to_be_visible(timeout=15_000)
    expect(running.locator("svg rect")).to_have_count(3, timeout=15_000)
    expect(running.get_by_role("button", name="STOP Slot 1")).to_be_enabled()
    passed = screen.wait_look("good", "PASSED", 30_000)

    expect(passed.get_by_role("status")).to_have_text(re.compile("PASS.*합격"))
    expect(passed).to_contain_text(wip(1))
    expect(passed).to_contain_text("Scan the next WIP")
    assert size_of(passed.get_by_text("PASS", exact=True)) >= READ_FROM_FIVE_METRES
    assert verdict(served, wip(1)) == "PASSED"


def test_a_bad_unit_fails_with_the_value_that_was_out_of_its_limits(served: Served, open_screen: Open) -> None:
    screen, later = open_screen(language="ko").live(), open_screen("/", language="ko").live()

    scan_onto(screen, "bad", wip(2))
    failed = screen.wait_look("bad", "FAILED", 30_000)
    later.page.reload()
    seen_later = later.wait_look("bad", "FAILED")

    expect(failed.get_by_role("status")).to_have_text(re.compile("불합격.*FAIL|FAIL.*불합격"))
    assert size_of(failed.locator("[role=status] span span").first) >= READ_FROM_FIVE_METRES
    for tile in (failed, seen_later):
        expect(tile).to_contain_text(re.compile(r"rail_3v3: [\d.]+ V \(3\.2 \.\. 3\.4\)"))
    assert verdict(served, wip(2)) == "FAILED"


def test_a_question_is_answered_on_the_page_and_the_answers_are_in_the_history(
    served: Served, api: httpx.Client, open_screen: Open
) -> None:
    screen = open_screen().live()

    scan_onto(screen, "asking", wip(3))
    asking = screen.wait_look("asking", "attention")
    expect(asking).to_contain_text("Is the unit in its place?")
    assert asking.bounding_box() == min(
        (box for one in screen.page.locator("article").all() if (box := one.bounding_box())),
        key=lambda box: (box["y"], box["x"]),
    ), "who needs somebody comes first"
    asking.get_by_role("button", name="ANSWER").click()
    expect(screen.dialog.get_by_role("img")).to_be_visible()
    assert screen.dialog.locator("img").evaluate("async image => (await image.decode(), image.naturalWidth)") > 0
    screen.press("YES", screen.dialog)
    expect(screen.dialog).to_have_count(0)

    expect(asking).to_contain_text("What do you see?")
    asking.get_by_role("button", name="ANSWER").click()
    send = screen.dialog.get_by_role("button", name="Send")
    expect(send).to_be_disabled()
    screen.press("✓ PASS", screen.dialog)
    screen.press("3", screen.dialog)
    send.click()
    screen.wait_look("asking", "PASSED")

    run = api.get("/api/results", params={"batch_id": "asking", "limit": 1}).json()["items"][0]["execution_id"]
    told = api.get(f"/api/results/{run}").json()["prompts"]
    assert [one["answer"]["values"] for one in told] == [{"answer": True}, {"led": True, "count": 3}]


def test_stop_ends_a_run_with_its_cleanup(served: Served, open_screen: Open) -> None:
    screen = open_screen().live()

    scan_onto(screen, "slow", wip(4))
    running = screen.wait_look("slow", "running")
    expect(running.get_by_text("Step 1 / 3")).to_be_visible(timeout=15_000)
    running.get_by_role("button", name="STOP Slow").click()
    aborted = screen.wait_look("slow", "ABORTED")

    expect(aborted).to_contain_text("Somebody stopped it.")
    assert verdict(served, wip(4)) == "ABORTED"
    tidied = served.station.rows("SELECT outcome FROM step_results WHERE step_name = 'tidy' ORDER BY id DESC LIMIT 1")
    assert tidied == [("PASSED",)]


def test_the_stop_key_asks_where_several_runs_go_on_and_stops_all_when_pressed_twice(
    served: Served, api: httpx.Client, open_screen: Open
) -> None:
    screen = open_screen().live()
    served.start(api, "slow", wip_id=wip(5))
    served.start(api, "asking", wip_id=wip(6))
    screen.wait_look("slow", "running")
    screen.wait_look("asking", "attention")

    screen.page.keyboard.press("F8")
    expect(screen.dialog).to_contain_text("Stop Slow")
    screen.page.keyboard.press("F8")

    screen.wait_look("slow", "ABORTED")
    screen.wait_look("asking", "ABORTED")


def test_two_browsers_see_the_same_and_a_question_is_answered_once(
    api: httpx.Client, open_screen: Open, allowed: list[str]
) -> None:
    allowed.append("409")
    first, second = open_screen().live(), open_screen(theme="light", language="ko").live()

    scan_onto(first, "asking", wip(7))
    for screen, answer in ((first, "ANSWER"), (second, "답하기")):
        screen.wait_look("asking", "attention").get_by_role("button", name=answer).click()
        expect(screen.dialog).to_be_visible()
    # Both press at the same moment, before either page can hear of the other's answer.
    moment = time.time() * 1000 + 500
    for screen in (first, second):
        press = f"button => setTimeout(() => button.click(), {moment} - Date.now())"
        screen.dialog.locator("fieldset button").first.evaluate(press)
    for screen in (first, second):
        expect(screen.tile("asking")).to_contain_text(re.compile("What do you see|무엇이 보입니까"))
        expect(screen.dialog).to_have_count(0)

    prompts = api.get("/api/prompts", params={"batch_id": "asking"}).json()
    assert [one["prompt"]["key"] for one in prompts] == ["seen"]
    audit = api.get("/api/audit", params={"action": "answer"}).json()["items"]
    assert len([entry for entry in audit if entry["data"].get("run") == prompts[0]["execution_id"]]) == 1


def test_a_killed_api_comes_back_and_the_page_catches_up_by_itself(
    served: Served, api: httpx.Client, open_screen: Open, allowed: list[str]
) -> None:
    allowed += ["ERR_CONNECTION_REFUSED", "WebSocket", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET"]
    screen = open_screen().live()
    scan_onto(screen, "slow", wip(8))
    screen.wait_look("slow", "running")

    served.kill()
    screen.fresh(False, 4000)
    stale = screen.page.get_by_role("alert")
    expect(stale).to_contain_text("No connection to the station")
    expect(screen.tile("good").get_by_role("button", name="START")).to_be_disabled()
    expect(screen.tile("slow").get_by_role("button", name="STOP")).to_be_enabled()
    stopped = served.station.cli("stop", "slow")
    screen.fresh(True, 30_000)

    assert stopped.returncode == 0, stopped.stdout
    screen.wait_look("slow", "ABORTED")
    expect(screen.tile("slow")).to_contain_text(wip(8))
    expect(stale).to_have_count(0)
    until(lambda: verdict(served, wip(8)) == "ABORTED", 10, "the run has not ended")


def test_a_call_is_seen_everywhere_until_somebody_comes(open_screen: Open) -> None:
    operator = open_screen("/op").live()
    engineer = open_screen("/eng").live()
    operator.press("Call")
    operator.press("Material", operator.dialog)

    expect(operator.page.get_by_role("button", name="Called: Material")).to_be_visible()
    expect(engineer.page.get_by_text("Called: Material")).to_be_visible()
    operator.page.reload()
    expect(operator.page.get_by_role("button", name="Called: Material")).to_be_visible()
    engineer.press("Somebody is here")
    expect(engineer.page.get_by_text("Called: Material")).to_have_count(0)
    expect(operator.page.get_by_role("button", name="Call", exact=True)).to_be_visible()


def test_the_shift_is_counted_from_when_the_number_is_entered(
    served: Served, api: httpx.Client, open_screen: Open
) -> None:
    screen = open_screen("/op").live()
    screen.scan("OP-42")
    expect(screen.page.locator("[data-shift='0']")).to_contain_text("since")
    scan_onto(screen, "good", wip(16))
    screen.wait_look("good", "PASSED", 30_000)

    expect(screen.page.locator("[data-shift='1']")).to_contain_text("1 PASS · 0 FAIL")
