"""What test engineers, line leads and maintenance do on the engineer's screen, on a real station."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, expect

from tests.api.served import Served
from tests.api.test_sequences import changed
from tests.browser.conftest import Open
from tests.browser.line import PACKAGES, wip
from tests.browser.screen import Language, Screen

pytestmark = pytest.mark.station

WRONG = "  colour: red\n"
"""A line no station.yaml may have."""


@pytest.fixture(autouse=True)
def free(served: Served, api: httpx.Client) -> Iterator[None]:
    """Every test finds every slot free, and leaves it so."""
    yield
    api.post("/api/batches/stop", json={})
    for slot in ("good", "bad", "asking", "slow"):
        served.wait_free(api, slot)


def card(screen: Screen, slot: str) -> Locator:
    """A slot on the overview."""
    return screen.page.locator(f'article[data-slot="{slot}"]')


def choose_more(screen: Screen, slot: str, name: str) -> None:
    """Choose what stands behind `More` on a slot's card."""
    card(screen, slot).get_by_role("button", name="More").click()
    screen.page.get_by_role("menuitem", name=name).click()


def test_a_version_is_looked_over_kept_used_by_a_slot_and_taken_back(
    api: httpx.Client, open_screen: Open, tmp_path: Path
) -> None:
    archive = tmp_path / "slow-1.1.0.zip"
    archive.write_bytes(changed(PACKAGES / "slow", "1.1.0", **{"notes.txt": "a better limit"}))
    screen = open_screen("/eng/sequences")
    window = screen.page.get_by_role("dialog")

    screen.press("Upload a version")
    screen.page.locator("input[type=file]").set_input_files(archive)
    expect(window.get_by_role("status")).to_contain_text("It can be kept.")
    screen.press("Keep it", window)
    window.get_by_role("link").click()
    screen.press("Use this version: 1.1.0")
    screen.page.keyboard.type("a better limit")
    screen.page.keyboard.press("Enter")
    expect(screen.page.get_by_text("Slow: 1.1.0 from the next run on")).to_be_visible()
    used = api.get("/api/batches/slow/sequence").json()["package"]["version"]

    screen.press("Roll back")
    screen.page.keyboard.type("worse after all")
    screen.page.keyboard.press("Enter")
    expect(screen.page.get_by_text(re.compile("Slow: folder .* from the next run on"))).to_be_visible()
    screen.go("/eng/sequences/slow?tab=versions")

    expect(screen.page.get_by_role("listitem").filter(has_text="a better limit")).to_be_visible()
    expect(screen.page.get_by_label("Before").locator("option")).to_have_count(2)
    assert (used, api.get("/api/batches/slow/sequence").json()["package"]) == ("1.1.0", None)


def test_settings_with_a_mistake_are_not_saved_and_good_ones_are_taken_back(served: Served, open_screen: Open) -> None:
    file = served.station.config_file
    before = file.read_text(encoding="utf-8")
    screen = open_screen("/eng/settings")
    text, save = screen.page.get_by_label("station.yaml"), screen.page.get_by_role("button", name="Save", exact=True)
    shown = text.input_value()

    text.fill(shown.replace("  name: Station T1\n", f"  name: Station T1\n{WRONG}"))
    expect(screen.page.get_by_role("list", name="Wrong: 1")).to_contain_text("station.colour")
    expect(screen.page.get_by_role("button", name="line 4")).to_be_visible()
    expect(save).to_be_disabled()
    text.fill(shown.replace("Station T1", "Hall 7"))
    screen.page.get_by_role("link", name="Audit").click()
    expect(screen.page.get_by_role("heading", name="Audit")).to_be_visible()
    screen.page.get_by_role("link", name="Settings").click()
    expect(text).to_have_value(re.compile("Hall 7"))
    save.click()
    screen.press("Save", screen.page.get_by_role("dialog"))
    expect(screen.page.get_by_text("Saved. The earlier file is among the backups.")).to_be_visible()
    saved = file.read_text(encoding="utf-8")

    screen.page.get_by_role("button", name=re.compile(": Take back")).first.click()
    expect(screen.page.get_by_role("dialog")).to_contain_text("Hall 7")
    screen.press("Take back", screen.page.get_by_role("dialog"))
    expect(text).to_have_value(shown)

    assert saved == before.replace("Station T1", "Hall 7")
    assert file.read_text(encoding="utf-8") == before


def test_a_slot_is_in_one_hand_and_what_is_dangerous_runs_when_it_was_held(
    api: httpx.Client, open_screen: Open
) -> None:
    screen, other = open_screen("/eng/manual/good"), open_screen("/eng/manual/good", language="ko", theme="light")
    log = screen.page.get_by_role("log")
    switch_on = screen.page.locator('[data-command="power.output_on"]')
    hold = switch_on.get_by_role("button")

    screen.press("Take in hand")
    expect(switch_on).to_be_visible()
    expect(other.page.get_by_text(re.compile("다른 창"))).to_be_visible()
    expect(other.page.locator("[data-command]")).to_have_count(0)
    measure = screen.page.locator('[data-command="dmm.measure_dc"]')
    expect(measure.get_by_label("channel", exact=False)).to_have_accessible_name("channel")
    measure.get_by_label("channel").fill("101")
    run = measure.get_by_role("button", name="dmm.measure_dc: Run")
    run.press("Enter")
    expect(log.locator("tbody tr").filter(has_text="dmm.measure_dc")).to_contain_text(" V")
    expect(run).to_be_focused()

    switch_on.get_by_label("voltage").fill("12")
    hold.hover()
    screen.page.mouse.down()
    expect(hold).to_have_attribute("data-holding", "true")
    screen.page.mouse.up()
    expect(hold).to_have_attribute("data-holding", "false")
    screen.page.mouse.down()
    switched = log.locator("tbody tr").filter(has_text="power.output_on")
    expect(switched).to_have_count(1)
    screen.page.mouse.up()
    screen.press("power.measure_voltage")
    expect(log.locator("tbody tr").filter(has_text="power.measure_voltage")).to_contain_text(
        re.compile(r"1[12]\.\d+ V")
    )
    screen.press("Let go")

    expect(screen.page.get_by_text("It has ended. The instruments are safe.")).to_be_visible()
    expect(other.page.get_by_role("button", name="손에 넣기")).to_be_visible()
    deeds = [one["data"] for one in api.get("/api/audit", params={"action": "command"}).json()["items"]]
    assert [data["arguments"]["voltage"] for data in deeds if data["what"] == "power.output_on"] == [12]


def test_a_run_is_paused_goes_on_and_all_are_stopped(served: Served, api: httpx.Client, open_screen: Open) -> None:
    screen = open_screen("/eng").live()
    served.start(api, "slow", wip_id=wip(11))
    served.start(api, "good", wip_id=wip(12), parameters={"settle_time": 0.5})
    for slot in ("slow", "good"):
        expect(card(screen, slot)).to_contain_text("RUNNING")

    choose_more(screen, "slow", "Pause")
    expect(card(screen, "slow")).to_contain_text("Paused by 127.0.0.1.")
    choose_more(screen, "good", "Pause")
    expect(card(screen, "good")).to_contain_text("PAUSED")
    choose_more(screen, "good", "Skip a step")
    window = screen.page.get_by_role("dialog")
    window.get_by_label("Step").click()
    screen.page.get_by_role("option", name="Self test of the unit").click()
    window.get_by_label("Reason").fill("its connector is away")
    screen.press("Skip a step", window)
    screen.press("Resume", card(screen, "good"))
    expect(card(screen, "good")).to_contain_text("RUNNING")
    screen.press("STOP ALL")
    screen.press("STOP ALL", window)

    for slot in ("slow", "good"):
        expect(card(screen, slot)).to_contain_text("IDLE")
    ended = api.get("/api/results", params={"limit": 2}).json()["items"]
    assert {run["outcome"] for run in ended} == {"ABORTED"}
    deeds = [one["action"] for one in api.get("/api/audit", params={"limit": 10}).json()["items"]]
    assert {"pause", "skip", "resume", "stop"} <= set(deeds)


def test_results_are_found_by_the_address_and_taken_away_as_a_file(
    served: Served, api: httpx.Client, open_screen: Open
) -> None:
    for slot, number in (("good", 13), ("bad", 14)):
        served.start(api, slot, wip_id=wip(number), parameters={"settle_time": 0.0})
    for slot in ("good", "bad"):
        served.wait_free(api, slot)
    screen = open_screen("/eng/results").live()
    failed = screen.page.get_by_role("checkbox", name="FAIL")
    rows = screen.page.locator("main tbody tr")

    screen.press("More conditions")
    failed.press("Space")
    expect(screen.page).to_have_url(re.compile(r"\?outcome=FAILED$"))
    expect(failed).to_be_focused()
    expect(screen.page.get_by_label("MES process")).to_be_visible()
    screen.page.get_by_label("WIP (begins with)").fill(wip(14))
    screen.page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("rails: A value is out of its limits.")
    screen.page.reload()
    expect(rows).to_have_count(1)
    with screen.page.expect_download() as download:
        screen.page.get_by_role("link", name="Download CSV").click()

    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        assert [(line["wip_id"], line["outcome"]) for line in csv.DictReader(file)] == [(wip(14), "FAILED")]
    screen.press("Clear conditions")
    expect(screen.page.get_by_label("WIP (begins with)")).to_have_value("")
    expect(rows.filter(has_text=wip(13))).to_be_visible()


def test_a_report_is_one_sheet_of_paper_in_both_languages(served: Served, api: httpx.Client, open_screen: Open) -> None:
    run = served.start(api, "bad", wip_id=wip(15), parameters={"settle_time": 0.0})
    served.wait_free(api, "bad")
    titles: dict[Language, str] = {"en": "Test report", "ko": "검사 성적서"}

    for language, title in titles.items():
        screen = open_screen(f"/eng/runs/{run}/report", language=language).live()
        sheet = screen.page.get_by_role("article", name=title)
        expect(sheet).to_contain_text("rail_3v3")
        expect(sheet).to_contain_text("NEUROHUB,SIM-DMM")
        pdf = screen.page.pdf(prefer_css_page_size=True)
        screen.page.emulate_media(media="print")

        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
        expect(screen.page.get_by_role("navigation")).to_have_count(0)
        expect(sheet).to_be_visible()
