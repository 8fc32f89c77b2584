"""Every screen and every state of it that is worth a look: one list, for axe, for screenshots, for whoever adds one.

A scene has two parts: what is brought about on the station, once, and what is pressed on each page that looks at it.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager as Lasting
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import httpx
from playwright.sync_api import expect

from tests.api.served import Served
from tests.browser.line import wip
from tests.browser.screen import Language, Screen
from tests.support import until

Bring = Callable[[Served, httpx.Client], Lasting[None]]
Press = Callable[[Screen], None]

RUNS = 14
"""Runs of a history: enough for charts."""
WORDS: dict[str, dict[Language, str]] = {
    "start": {"ko": "시작", "en": "START"},
    "answer": {"ko": "답하기", "en": "ANSWER"},
    "choose": {"ko": "선택하기", "en": "CHOOSE"},
    "settings": {"ko": "설정", "en": "Settings"},
    "operator": {"ko": "작업자 번호", "en": "Enter operator"},
    "call": {"ko": "호출", "en": "Call"},
}


@dataclass(frozen=True)
class Scene:
    """Something that can be seen.

    Attributes:
        name: Of the picture's file.
        path: The page.
        bring: What is so on the station while the scene is looked at.
        press: What is done on the page, once it is live.
        live: Whether the page shows how a station stands.
    """

    name: str
    path: str = "/op"  # `{failed}` and `{passed}` stand for a run of that outcome
    bring: Bring = lambda _served, _api: nullcontext()
    press: Press = lambda _screen: None
    live: bool = True

    def address(self, api: httpx.Client) -> str:
        """The page, of a run that the station has."""
        path = self.path
        for outcome in ("failed", "passed"):
            if f"{{{outcome}}}" in path:
                found = api.get("/api/results", params={"outcome": outcome.upper(), "sequence_name": "pcb_test"}).json()
                path = path.replace(f"{{{outcome}}}", found["items"][0]["execution_id"])
        return path


def routes() -> list[str]:
    """The addresses where people come in; the engineer's others are scenes."""
    return ["/op", "/eng"]


# What is brought about


@contextmanager
def _clean(served: Served, api: httpx.Client, *slots: str) -> Iterator[None]:
    """Leave these slots free."""
    try:
        yield
    finally:
        for slot in slots:
            if api.get(f"/api/batches/{slot}").json()["state"] is not None:
                api.post(f"/api/batches/{slot}/sequence/stop", json={})
            served.wait_free(api, slot)


@contextmanager
def running(served: Served, api: httpx.Client) -> Iterator[None]:
    """Runs go on on two slots, one of them with a value."""
    with _clean(served, api, "good", "slow"):
        served.start(api, "slow", wip_id=wip(21))
        served.start(api, "good", wip_id=wip(22), parameters={"settle_time": 2.0})
        _measured(served, "good")
        yield


@contextmanager
def holding(served: Served, api: httpx.Client) -> Iterator[None]:
    """Two runs go on that take their time."""
    with _clean(served, api, "slow", "asking"):
        served.start(api, "slow", wip_id=wip(23))
        served.start(api, "asking", wip_id=wip(24))
        served.wait_state(api, "slow", "running")
        served.wait_state(api, "asking", "prompting")
        yield


@contextmanager
def verdicts(served: Served, api: httpx.Client) -> Iterator[None]:
    """A PASS, a FAIL and an ABORTED."""
    with _clean(served, api, "good", "bad", "slow"):
        for slot, number in (("good", 31), ("bad", 32), ("slow", 33)):
            served.start(api, slot, wip_id=wip(number))
        served.wait_state(api, "slow", "running")
        api.post("/api/batches/slow/sequence/stop", json={})
        for slot in ("good", "bad", "slow"):
            served.wait_free(api, slot)
        yield


@contextmanager
def a_history(served: Served, api: httpx.Client) -> Iterator[None]:
    """Runs that have ended, good ones and bad ones."""
    for number in range(71, 71 + RUNS - len(api.get("/api/results", params={"limit": RUNS}).json()["items"])):
        slot = "bad" if number % 5 == 0 else "good"
        served.start(api, slot, wip_id=wip(number), parameters={"settle_time": 0.0})
        served.wait_free(api, slot)
    yield


@contextmanager
def a_busy_line(served: Served, api: httpx.Client) -> Iterator[None]:
    """A history, and runs that go on and ask."""
    with a_history(served, api), holding(served, api):
        yield


@contextmanager
def calling(served: Served, api: httpx.Client) -> Iterator[None]:
    """Somebody is called to the busy line."""
    with a_busy_line(served, api):
        call = api.post("/api/calls", json={"reason": "material"}).json()
        yield
        api.post(f"/api/calls/{call['call_id']}/withdraw")


@contextmanager
def asking(served: Served, api: httpx.Client) -> Iterator[None]:
    """A run asks whether the unit is in its place."""
    with _clean(served, api, "asking"):
        served.start(api, "asking", wip_id=wip(41))
        served.wait_state(api, "asking", "prompting")
        yield


@contextmanager
def asking_more(served: Served, api: httpx.Client) -> Iterator[None]:
    """A run asks for several things at once."""
    with _clean(served, api, "asking"):
        served.start(api, "asking", wip_id=wip(42), parameters={"insert": False})
        served.wait_state(api, "asking", "prompting")
        yield


@contextmanager
def cut_off(served: Served, api: httpx.Client) -> Iterator[None]:
    """A run whose process was killed asks how to go on."""
    with _clean(served, api, "slow"):
        served.start(api, "slow", wip_id=wip(51))
        until(lambda: _under_way(served, "hold"), 20, "the step does not begin")
        served.station.child("slow").kill()
        served.wait_state(api, "slow", "interrupted")
        yield


def _under_way(served: Served, step: str) -> bool:
    """Whether an attempt of a step is in the journal: one that is killed before has not been cut off."""
    query = f"SELECT count(*) FROM step_results WHERE step_name = '{step}' AND status = 'running'"
    return bool(served.station.rows(query)[0][0])


def _measured(served: Served, slot: str) -> None:
    query = (
        "SELECT count(*) FROM measurements m JOIN execution_results r ON r.id = m.execution_id"
        f" WHERE r.batch_id = '{slot}' AND r.outcome IS NULL"
    )
    until(lambda: served.station.rows(query)[0][0] >= 1, 60, "nothing is measured")


# What is pressed


def _press(word: str, slot: str = "") -> Press:
    def press(screen: Screen) -> None:
        name = WORDS[word][screen.language]
        screen.press(name, screen.tile(slot) if slot else None)
        expect(screen.dialog).to_be_visible()

    return press


def _key(key: str) -> Press:
    def press(screen: Screen) -> None:
        screen.page.keyboard.press(key)
        expect(screen.dialog).to_be_visible()

    return press


def _scan(code: str) -> Press:
    def press(screen: Screen) -> None:
        screen.scan(code)
        expect(screen.dialog).to_be_visible()

    return press


def _go_stale(screen: Screen) -> None:
    screen.cut_the_line()
    screen.fresh(False, 8000)


def scenes() -> list[Scene]:
    """All of both screens."""
    return [*operators(), *engineers()]


def engineers() -> list[Scene]:
    """All of the engineer's screen."""
    of_pcb = "/eng/sequences/pcb_test"
    return [
        Scene("eng-overview", "/eng", a_busy_line),
        Scene("eng-called", "/eng", calling),
        Scene("eng-prompts", "/eng/prompts", asking),
        Scene("eng-results", "/eng/results", a_history),
        Scene("eng-run", "/eng/runs/{failed}", a_history),
        Scene("eng-measurements", "/eng/runs/{failed}?tab=measurements", a_history),
        Scene("eng-report", "/eng/runs/{passed}/report", a_history),
        Scene("eng-statistics", "/eng/statistics?sequence_name=pcb_test", a_history),
        Scene("eng-failures", "/eng/statistics?sequence_name=pcb_test&tab=failures", a_history),
        Scene(
            "eng-control-chart",
            "/eng/statistics?sequence_name=pcb_test&tab=measurements&step=rails&measurement=rail_3v3",
            a_history,
        ),
        Scene("eng-sequences", "/eng/sequences"),
        Scene("eng-sequence", of_pcb),
        Scene("eng-graph", f"{of_pcb}/graph"),
        Scene("eng-manual", "/eng/manual/good"),
        Scene("eng-queue", "/eng/queue"),
        Scene("eng-system", "/eng/system"),
        Scene("eng-logs", "/eng/logs", a_history),
        Scene("eng-audit", "/eng/audit", a_history),
        Scene("eng-users", "/eng/users"),
        Scene("eng-settings", "/eng/settings"),
    ]


def operators() -> list[Scene]:
    """All of the operator's screen."""
    return [
        Scene("op-empty"),
        Scene("op-running", bring=running),
        Scene("op-verdicts", bring=verdicts),
        Scene("op-asking", bring=asking),
        Scene("op-prompt", bring=asking, press=_press("answer", "asking")),
        Scene("op-prompt-form", bring=asking_more, press=_press("answer", "asking")),
        Scene("op-recovery", bring=cut_off, press=_press("choose", "slow")),
        Scene("op-stop", bring=holding, press=_key("F8")),
        Scene("op-stale", bring=running, press=_go_stale),
        Scene("op-which-slot", press=_scan(wip(61))),
        Scene("op-by-hand", press=_press("start", "good")),
        Scene("op-operator", press=_press("operator")),
        Scene("op-call", press=_press("call")),
        Scene("op-called", bring=calling, press=_press("call")),
        Scene("op-settings", press=_press("settings")),
        Scene("op-help", press=_key("F1")),
    ]
