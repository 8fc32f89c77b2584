"""Who looks decides what the screen offers; what it does not offer, the station refuses all the same."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.api.inside import HASH, PASSWORD
from tests.api.served import Served, served_station
from tests.browser.conftest import Open
from tests.browser.line import PACKAGES, wip
from tests.browser.screen import Screen

pytestmark = pytest.mark.station

BATCHES = [{"id": "slow", "name": "Slow", "sequence_package": PACKAGES / "slow", "parameters": {"seconds": 60.0}}]
AUTH = {"enabled": True, "basic": {"username": "boss", "password_hash": HASH}, "whitelist_role": "none"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_station(tmp_path_factory.mktemp("served"), BATCHES, server={"auth": AUTH}) as running:
        with running.client(auth=("boss", PASSWORD)) as boss:
            for name, role in (("vera", "viewer"), ("oleg", "operator")):
                added = boss.post("/api/users", json={"name": name, "password": PASSWORD, "role": role})
                assert added.is_success, added.text
        yield running


def log_in(screen: Screen, name: str, password: str = PASSWORD) -> None:
    """Fill in the page on which people log in."""
    screen.page.get_by_label("User").fill(name)
    screen.page.get_by_label("Password").fill(password)
    screen.press("Log in")


def test_a_viewer_sees_the_slots_and_cannot_start(served: Served, open_screen: Open, allowed: list[str]) -> None:
    allowed += ["403"]
    screen = open_screen("/")
    log_in(screen, "vera")
    screen.page.wait_for_url("**/eng")
    screen.go("/op").live()

    expect(screen.tile("slow")).to_contain_text("IDLE")
    assert screen.page.get_by_role("button", name="START").count() == 0
    screen.scan(wip(1))
    expect(screen.notice).to_have_text("You may look, but not test here. Log in as an operator.")
    screen.page.keyboard.press("F2")
    expect(screen.dialog).to_have_count(0)
    status = screen.page.evaluate(
        "async () => (await fetch('/api/batches/slow/sequence/start', {method: 'POST', body: '{}',"
        " headers: {'Content-Type': 'application/json'}})).status"
    )

    assert status == 403
    assert served.station.rows("SELECT count(*) FROM execution_results") == [(0,)]


def test_a_wrong_password_is_said_and_an_operator_starts_under_his_own_name(
    served: Served, open_screen: Open, allowed: list[str]
) -> None:
    allowed += ["401"]
    screen = open_screen()
    log_in(screen, "oleg", "wrong")
    expect(screen.page.get_by_role("alert")).to_have_text("User or password is wrong")
    log_in(screen, "oleg")
    screen.live()

    screen.scan(wip(2))
    screen.wait_look("slow", "running").get_by_role("button", name="STOP").click()
    screen.wait_look("slow", "ABORTED")
    screen.press("oleg: Log out")

    expect(screen.page.get_by_role("heading", name="Log in")).to_be_visible()
    audit = served.station.rows("SELECT actor, action FROM audit WHERE action IN ('start_run', 'stop') ORDER BY id")
    assert audit == [("oleg", "start_run"), ("oleg", "stop")]
