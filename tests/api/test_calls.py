"""Calls for help over the API: heard by whoever watches, counted for monitors, answered once."""

import httpx
import pytest

from tests.api.served import Served

pytestmark = pytest.mark.station


def test_a_call_is_heard_and_answered_once(served: Served, api: httpx.Client) -> None:
    before = api.get("/api/calls").json()
    called = api.post("/api/calls", json={"reason": "material"}).json()
    again = api.post("/api/calls", json={"reason": "quality"}).json()
    found = api.get("/api/calls").json()
    page = api.get("/metrics").text
    answered = api.post(f"/api/calls/{called['call_id']}/answer")
    late = api.post(f"/api/calls/{called['call_id']}/withdraw")

    assert before == {"call": None}
    assert (called["reason"], called["state"], called["called_by"]) == ("material", "open", "127.0.0.1")
    assert again == called
    assert found == {"call": called}
    assert 'station_call_open{reason="material"} 1.0' in page
    assert 'station_call_open{reason="quality"} 0.0' in page
    assert (answered.status_code, answered.json()["state"], answered.json()["ended_by"]) == (
        200,
        "answered",
        "127.0.0.1",
    )
    assert (late.status_code, late.json()["error"]) == (409, "CALL_NOT_OPEN")
    assert api.get("/api/calls").json() == {"call": None}
    done = api.get("/api/audit", params={"target": called["call_id"]}).json()
    assert [one["action"] for one in done["items"]] == ["answer_call", "call"]
    events = served.station.rows("SELECT data FROM events WHERE type = 'call' ORDER BY id")
    assert len(events) == 2


def test_a_call_that_nobody_made(api: httpx.Client) -> None:
    unknown = api.post("/api/calls/nobody/answer")
    wrong = api.post("/api/calls", json={"reason": "coffee"})

    assert (unknown.status_code, unknown.json()["error"]) == (404, "CALL_NOT_FOUND")
    assert (wrong.status_code, wrong.json()["error"]) == (422, "REQUEST_INVALID")
