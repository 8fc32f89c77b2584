"""The power goes in the middle of a run while somebody looks at the screen, and comes back."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.api.served import Served, served_station
from tests.browser.conftest import Open
from tests.browser.line import PACKAGES, wip
from tests.support import until

pytestmark = [pytest.mark.station, pytest.mark.faults]

LOST = ["ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_INCOMPLETE", "WebSocket", "503"]
"""What a browser says of a station that is not there, or not ready yet."""
HOLDING = "SELECT count(*) FROM step_results WHERE step_name = 'hold' AND status = 'running'"
BATCHES = [
    {"id": "one", "name": "Slot 1", "sequence_package": PACKAGES / "slow", "parameters": {"seconds": 20.0}},
    {"id": "two", "name": "Slot 2", "sequence_package": PACKAGES / "slow", "parameters": {"seconds": 8.0}},
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_station(tmp_path_factory.mktemp("served"), BATCHES) as running:
        yield running


def test_after_a_power_cut_the_page_asks_how_to_go_on_and_the_choice_is_what_happens(
    served: Served, api: httpx.Client, open_screen: Open, allowed: list[str]
) -> None:
    allowed += LOST
    screen = open_screen().live()
    for slot in ("one", "two"):
        screen.scan(f"SLOT-{slot.upper()}")
        screen.scan(wip(1 if slot == "one" else 2))
        screen.wait_look(slot, "running")
    # A step that has not begun is not cut off, and nobody is asked about it.
    until(lambda: served.station.rows(HOLDING) == [(2,)], 20, "the steps do not begin")

    served.station.cut_power()
    screen.fresh(False, 4000)
    expect(screen.page.get_by_role("alert")).to_contain_text("No connection to the station")
    expect(screen.tile("one")).to_contain_text(wip(1))
    served.station.up()
    screen.fresh(True, 30_000)

    one, two = (screen.wait_look(slot, "attention", 30_000) for slot in ("one", "two"))
    one.get_by_role("button", name="CHOOSE").click()
    expect(screen.dialog).to_contain_text("Slot 1: the test was cut off. What now?")
    expect(screen.dialog).to_contain_text("hold")
    screen.press("Give up", screen.dialog)
    two.get_by_role("button", name="CHOOSE").click()
    screen.press("Go on", screen.dialog)

    screen.wait_look("one", "ABORTED", 30_000)
    screen.wait_look("two", "PASSED", 60_000)
    attempts = served.station.rows(
        "SELECT attempt, s.status FROM step_results s JOIN execution_results r ON execution_id = r.id"
        " WHERE step_name = 'hold' AND wip_id = 'WIP-KR01PSA2511-002' ORDER BY attempt"
    )
    assert attempts == [(1, "interrupted"), (2, "completed")]
