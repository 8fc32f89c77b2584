"""The MES goes away and comes back; operators go on, and see what waits for it."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from station.testing.reference_mes.server import ReferenceMes
from tests.api.served import Served, served_station
from tests.browser.conftest import Open
from tests.browser.line import PACKAGES
from tests.support import until

pytestmark = pytest.mark.station


@pytest.fixture(scope="module")
def mes() -> Iterator[ReferenceMes]:
    with ReferenceMes() as running:
        yield running


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, mes: ReferenceMes) -> Iterator[Served]:
    backend = {"url": mes.url, "api_key": mes.settings.api_key, "online_wait": 1, "timeout": 1}
    slow = {"sequence_package": PACKAGES / "slow", "parameters": {"seconds": 0.1}}
    batches = [{"id": "one", "name": "Slot 1", "process": 1, **slow}, {"id": "two", "name": "Slot 2", **slow}]
    with served_station(tmp_path_factory.mktemp("served"), batches, backend=backend) as running:
        yield running


def told(mes: ReferenceMes, wip: str) -> list[tuple[str, str | None]]:
    """What the MES was told of a WIP."""
    return [(effect.kind, effect.result) for effect in mes.ledger().of(wip)]


def test_a_unit_is_told_to_the_mes_under_the_number_of_the_badge(mes: ReferenceMes, open_screen: Open) -> None:
    wip = mes.seed()[0]
    screen = open_screen().live()

    screen.scan("SLOT-1")
    screen.scan(wip)
    expect(screen.dialog).to_contain_text("Operator number")
    screen.scan("OP-42")
    screen.wait_look("one", "PASSED")

    expect(screen.page.get_by_role("button", name="Operator 42")).to_be_visible()
    until(lambda: told(mes, wip) == [("start", None), ("complete", "PASS")], 10, "the MES was not told of the end")


def test_what_the_mes_refuses_is_said_with_the_reason(mes: ReferenceMes, open_screen: Open) -> None:
    screen = open_screen(language="ko", operator=7).live()

    screen.scan("SLOT-1")
    screen.scan("WIP-KR01PSA2599-001")

    expect(screen.tile("one")).to_contain_text("MES에 없는 WIP입니다.")


def test_while_the_mes_is_away_units_are_tested_and_what_waits_is_counted_until_it_is_back(
    mes: ReferenceMes, open_screen: Open
) -> None:
    wips = mes.seed(2)
    screen = open_screen(operator=7).live()
    owed = screen.page.locator("header [data-owed]")
    expect(owed).to_have_count(0)

    mes.down()
    for number, wip in enumerate(wips, 1):
        screen.scan("SLOT-1")
        screen.scan(wip)
        screen.wait_look("one", "PASSED", 30_000)
        expect(screen.tile("one")).to_contain_text(wip)
        expect(owed).to_have_attribute("data-owed", str(2 * number), timeout=15_000)
    expect(owed).to_have_text(re.compile("MES: 4 waiting to be sent"))
    mes.up()

    expect(owed).to_have_count(0, timeout=30_000)
    assert [told(mes, wip) for wip in wips] == [[("start", None), ("complete", "PASS")]] * 2


def test_the_queue_grows_while_the_mes_is_away_and_drains_on_the_screen_by_itself(
    served: Served, api: httpx.Client, mes: ReferenceMes, open_screen: Open
) -> None:
    first, _, dropped = wips = mes.seed(3)
    screen = open_screen("/eng/queue").live()
    row = screen.page.locator("tr[data-item]")
    expect(screen.page.get_by_text("Nothing is owed to the MES.", exact=True)).to_be_visible()

    mes.down()
    for wip in wips:
        run = served.start(
            api, "one", wip_id=wip, operator_id=7, parameters={"seconds": 60.0 if wip == dropped else 0.0}
        )
        if wip == dropped:
            served.wait_state(api, "one", "running")
            api.post("/api/batches/one/sequence/stop", json={})
        served.wait_free(api, "one")
    expect(row).to_have_count(6)
    cells = [row.filter(has_text=first).nth(place).get_by_role("cell") for place in (0, 1)]
    expect(cells[0].nth(0)).to_have_text("1")
    expect(cells[0].nth(3)).to_have_text(re.compile(r"^\d+ s$|^\d+:\d\d$"))
    expect(cells[0].nth(4)).not_to_have_text("0")
    expect(cells[0].nth(5)).to_contain_text("MES_UNAVAILABLE")
    expect(cells[1].nth(6)).to_have_text("after the one before it")
    tries = int(cells[0].nth(4).inner_text())
    screen.press("Send now", row.filter(has_text=first).first)
    expect(screen.page.get_by_text("Tried now. WIPs: 1")).to_be_visible()
    expect(cells[0].nth(4)).not_to_have_text(str(tries))
    mes.up()

    # Nobody presses anything: what can be sent leaves, and what a person must decide about stays.
    expect(row).to_have_count(1, timeout=30_000)
    expect(row).to_contain_text(dropped)
    expect(row).to_contain_text("Needs a person")
    screen.press("Discard", row)
    window = screen.page.get_by_role("dialog")
    expect(window.get_by_role("button", name="Discard")).to_be_disabled()
    window.get_by_label("Reason").fill("the unit fell down")
    screen.press("Discard", window)
    expect(row).to_have_count(0)
    expect(screen.page.get_by_text("Nothing is owed to the MES.", exact=True)).to_be_visible()
    assert [told(mes, wip) for wip in wips] == [[("start", None), ("complete", "PASS")]] * 2 + [[("start", None)]]
    deeds = api.get("/api/audit", params={"action": "discard"}).json()["items"]
    assert [(deed["target"], deed["reason"]) for deed in deeds] == [(f"{run}/complete_process", "the unit fell down")]


def test_a_slot_that_may_run_several_processes_asks_which(mes: ReferenceMes, open_screen: Open) -> None:
    wip = mes.seed()[0]
    screen = open_screen(operator=7).live()

    screen.scan(wip)
    expect(screen.dialog).to_contain_text("Which slot?")
    screen.press("Slot 2", screen.dialog)
    expect(screen.dialog).to_contain_text("Which process?")
    screen.press("1", screen.dialog)
    screen.press("OK", screen.dialog)
    screen.wait_look("two", "PASSED")

    assert mes.ledger().of(wip)[0].process == 1
