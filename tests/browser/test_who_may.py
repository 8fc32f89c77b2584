"""Who looks decides what the screen offers; what it does not offer, the station refuses all the same."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.api.inside import HASH, PASSWORD
from tests.api.served import Served, served_station
from tests.browser.conftest import Open
from tests.browser.line import PACKAGES, wip
from tests.browser.screen import Screen

pytestmark = pytest.mark.station

BATCHES = [{"id": "slow", "name": "Slow", "sequence_package": PACKAGES / "slow", "parameters": {"seconds": 60.0}}]
AUTH = {"enabled": True, "basic": {"username": "boss", "password_hash": HASH}, "whitelist_role": "none"}

BADGES = {"oleg": "BADGE-7QK2M4XW9ZTR", "mina": "BADGE-H3N5P8VY6ABC"}
NEW_BADGE = "BADGE-4D6F8G2J5K7L"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_station(tmp_path_factory.mktemp("served"), BATCHES, server={"auth": AUTH}) as running:
        with running.client(auth=("boss", PASSWORD)) as boss:
            for name, role in (("vera", "viewer"), ("oleg", "operator"), ("mina", "manager")):
                added = boss.post("/api/users", json={"name": name, "password": PASSWORD, "role": role})
                assert added.is_success, added.text
            for name, badge in BADGES.items():
                given = boss.put(f"/api/users/{name}/badge", json={"badge": badge})
                assert given.is_success, given.text
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


def leave_alone(screen: Screen) -> None:
    """Nobody touches the screen for an hour; nobody waits for it here."""
    screen.page.evaluate("localStorage.setItem('station.touched', String(Date.now() - 3600e3))")
    expect(locked(screen)).to_be_visible()
    expect(locked(screen)).to_be_focused()


def locked(screen: Screen) -> Locator:
    """What a locked screen asks."""
    return screen.page.get_by_role("alertdialog")


def test_badges_log_in_a_screen_left_alone_is_locked_and_stop_works_all_the_same(
    served: Served, open_screen: Open, allowed: list[str]
) -> None:
    allowed += ["401", "403", "423"]
    screen = open_screen("/op")
    screen.scan("BADGE-NOBODYHASTHIS")
    expect(screen.page.get_by_role("alert")).to_contain_text("This badge is not known.")
    screen.scan(BADGES["oleg"])
    screen.live()
    screen.scan(wip(3))
    screen.wait_look("slow", "running")
    leave_alone(screen)
    screen.page.evaluate("window.kept = true")

    # Locked: it shows, and stops, and nothing else, also after it was loaded anew.
    status = screen.page.evaluate("async () => (await fetch('/api/batches/slow/pause', {method: 'POST'})).status")
    screen.scan(wip(4))
    expect(screen.notice).to_have_text("The screen is locked. Scan your badge first.")
    for name in ("Operator", "Enter operator", "Log out", "Call"):
        expect(screen.page.get_by_role("button", name=name)).to_have_count(0)
    screen.page.reload()
    screen.live()
    expect(locked(screen)).to_contain_text("Screen locked: oleg")
    screen.wait_look("slow", "running").get_by_role("button", name="STOP").click()
    screen.wait_look("slow", "ABORTED")

    # Somebody else goes on: a manager's badge is only half of it.
    screen.page.evaluate("window.kept = true")
    screen.scan(BADGES["mina"])
    expect(locked(screen).get_by_role("alert")).to_have_text("mina: the badge is read. Enter the password.")
    expect(locked(screen).get_by_label("Password")).to_be_focused()
    locked(screen).get_by_label("Password").fill(PASSWORD)
    screen.press("Log in", locked(screen))
    expect(locked(screen)).to_have_count(0)
    expect(screen.page.get_by_role("button", name="mina: Log out")).to_be_visible()
    screen.scan(BADGES["oleg"])
    expect(screen.notice).to_have_text("oleg is logged in")
    assert status == 423
    assert screen.page.evaluate("window.kept"), "the page was loaded anew"
    assert not any(badge.removeprefix("BADGE-") in screen.page.content() for badge in BADGES.values())
    done = "SELECT actor, action, coalesce(json_extract(data, '$.how'), '') FROM audit WHERE action IN {} ORDER BY id"
    audit = served.station.rows(done.format("('login', 'lock', 'stop')"))
    assert audit[-5:] == [
        ("oleg", "login", "badge"), ("oleg", "lock", ""), ("oleg", "stop", ""), ("mina", "login", "session"),
        ("oleg", "login", "badge"),
    ]  # fmt: skip

    # The engineer's screens too: what is behind the question is seen, and cannot be pressed.
    screen.go("/eng")
    leave_alone(screen)
    screen.page.keyboard.press("Escape")
    screen.page.keyboard.press("Escape")
    screen.page.keyboard.press("F8")
    expect(locked(screen).get_by_role("status")).to_have_text("There is nothing to stop.")
    screen.scan(BADGES["oleg"])
    expect(locked(screen)).to_have_count(0)


def test_an_administrator_gives_a_badge_and_makes_a_key_that_is_shown_once(open_screen: Open) -> None:
    screen = open_screen("/login")
    log_in(screen, "boss")
    screen.live()
    screen.go("/eng/users")
    vera = screen.page.locator("[data-user=vera]")
    screen.press("Give a badge", vera)
    expect(screen.page.get_by_label("Scan the badge into this field")).to_be_focused()
    screen.scan(NEW_BADGE)
    expect(vera.get_by_role("button", name="Remove badge")).to_be_visible()

    screen.press("Make a key")
    screen.page.get_by_label("Name (such as dashboard)").fill("dashboard")
    screen.press("Make", screen.page.get_by_role("dialog"))
    key = screen.page.get_by_label("Key", exact=True).input_value()
    screen.press("I have it")
    machine = screen.page.locator("[data-key=dashboard]")
    expect(machine).to_contain_text("Active")
    screen.press("dashboard: Revoke", machine)
    screen.press("Revoke", screen.page.get_by_role("dialog"))
    expect(machine).to_contain_text("Revoked")

    assert key.startswith("stk_")
    assert not any(secret in screen.page.content() for secret in (key, NEW_BADGE))


def test_users_are_added_given_another_role_another_password_and_kept_out(
    served: Served, open_screen: Open, allowed: list[str]
) -> None:
    allowed += ["401", "403", "422", "WebSocket"]
    boss, nina = open_screen("/"), open_screen("/")
    log_in(boss, "boss")
    boss.page.wait_for_url("**/op")
    boss.go("/eng/users")
    row, window = boss.page.locator("tr[data-user=nina]"), boss.page.get_by_role("dialog")

    def enter(password: str) -> None:
        for field in window.locator("input[type=password]").all():
            field.fill(password)

    boss.press("Add a user")
    window.get_by_label("Name").fill("nina")
    enter("short")
    boss.press("Add a user", window)
    expect(window.get_by_role("alert")).to_contain_text("8 characters or more")
    enter(PASSWORD)
    boss.press("Add a user", window)
    expect(row).to_contain_text("Active")
    log_in(nina, "nina")
    nina.page.wait_for_url("**/op")
    nina.go("/eng").live()
    start = nina.tile("slow").locator("button", has_text="Start")

    row.get_by_role("combobox").click()
    boss.page.get_by_role("option", name="Viewer").click()
    boss.press("Viewer", window)
    expect(window).to_have_count(0)
    start.click()
    nina.press("Start", nina.page.get_by_role("dialog"))
    expect(start).to_have_count(0)
    boss.press("New password", row)
    enter("another good one")
    boss.press("New password", window)
    expect(window).to_have_count(0)
    nina.page.keyboard.press("Escape")
    nina.page.get_by_role("link", name="Results").click()
    expect(nina.page.get_by_role("heading", name="Log in")).to_be_visible()
    boss.press("Disable", row)
    boss.press("Disable", window)
    expect(row).to_contain_text("Disabled")
    log_in(nina, "nina", "another good one")

    expect(nina.page.get_by_role("alert")).to_have_text("User or password is wrong")
    done = served.station.rows("SELECT action FROM audit WHERE actor = 'boss' AND target = 'nina' ORDER BY id")
    assert len(done) == 4
