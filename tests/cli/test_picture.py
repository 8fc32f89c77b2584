"""A run as its events tell it, and how it is drawn on a terminal."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from station.cli.live import Lines, LiveTable
from station.cli.output import duration_text, value_text
from station.cli.picture import Picture
from station.domain.events import EventType
from station.domain.outcome import Outcome
from station.domain.plan import PackageRef, Plan, StepPlan
from station.domain.run import RunResult
from station.storage.events import Event

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def picture_of(*told: tuple[EventType, dict[str, Any]], batch_only: bool = False) -> Picture:
    picture = Picture("R1", "b1")
    picture.plan = Plan(
        package=PackageRef(name="p", version="1.0.0", content_hash=""),
        steps=(StepPlan(name="warm", title="Warm up"), StepPlan(name="look", title="Look")),
    )
    for number, (kind, data) in enumerate(told, 1):
        picture.take(Event(number, NOW, "b1", None if batch_only else "R1", kind, data))
    return picture


START = (EventType.STEP_START, {"step": "warm", "index": 0, "attempt": 1, "segment": 1})
MEASURED = (
    EventType.MEASUREMENT,
    {"step": "warm", "name": "t", "value": 21.5, "unit": "°C", "limit": "20 .. 25", "outcome": "PASSED"},
)
PROGRESS = (EventType.STEP_PROGRESS, {"step": "warm", "fraction": 0.25, "text": "heating"})
COMPLETE = (
    EventType.STEP_COMPLETE,
    {
        "step": "warm", "index": 0, "attempt": 1, "outcome": "FAILED", "elapsed_s": 75.0, "defects": ["D1"],
        "fault": None, "measurements": [
            {"name": "t", "value": 31.5, "unit": "°C", "outcome": "FAILED",
             "limit": {"kind": "range", "low": 20, "high": 25}},
        ],
    },
)  # fmt: skip
INTERRUPTED = (EventType.STEP_INTERRUPTED, {"step": "warm", "index": 0, "attempt": 1, "reason": "was killed"})
RESULT = RunResult(
    run_id="R1", outcome=Outcome.FAILED, defects=("D1",), started_at=NOW, completed_at=NOW + timedelta(seconds=80)
)
OVER = (EventType.SEQUENCE_COMPLETE, {"result": RESULT.model_dump(mode="json")})


def test_a_step_under_way_shows_its_progress_and_its_values() -> None:
    attempt = picture_of(START, MEASURED, PROGRESS).attempts[0]

    assert (attempt.title, attempt.state, attempt.progress) == ("Warm up", "running", "25% heating")
    assert (attempt.values[0].value, attempt.values[0].limit) == (21.5, "20 .. 25")


def test_the_result_of_a_step_replaces_what_was_told_before() -> None:
    attempt = picture_of(START, MEASURED, PROGRESS, COMPLETE).attempts[0]

    assert (attempt.state, attempt.progress, attempt.defects) == ("FAILED", "", ["D1"])
    assert [(value.value, value.limit, value.outcome) for value in attempt.values] == [(31.5, "20 .. 25", "FAILED")]


def test_a_step_that_was_cut_off_is_followed_by_another_attempt() -> None:
    again = (EventType.STEP_START, {"step": "warm", "index": 0, "attempt": 2, "segment": 1})

    picture = picture_of(START, INTERRUPTED, again)

    assert [(attempt.attempt, attempt.state) for attempt in picture.attempts] == [(1, "interrupted"), (2, "running")]
    assert picture.pending() == ["Look"]


def test_attempts_the_run_went_back_behind_are_given_up_and_to_come_again() -> None:
    back = (EventType.RUN_WENT_BACK, {"step": "warm", "given_up": {"warm": 1}, "by": "kim", "reason": "was cold"})
    again = (EventType.STEP_START, {"step": "warm", "index": 0, "attempt": 2, "segment": 1})

    before = picture_of(START, COMPLETE, back)
    after = picture_of(START, COMPLETE, back, again)

    assert before.notice == "back to Warm up (kim: was cold)"
    assert before.pending() == ["Warm up", "Look"]
    assert [(attempt.attempt, attempt.given_up) for attempt in after.attempts] == [(1, True), (2, False)]


def test_events_of_other_runs_are_none_of_its_business() -> None:
    picture = picture_of()

    picture.take(Event(1, NOW, "b1", "R2", *START))

    assert picture.attempts == []


def test_a_process_that_died_is_what_the_run_waits_for_until_it_is_back() -> None:
    died = (EventType.BATCH_STATUS, {"process_state": "backoff", "alert": "it was killed; restart 1 in 2 s"})
    back = (EventType.BATCH_STATUS, {"process_state": "running", "alert": ""})

    assert picture_of(died, batch_only=True).holdup() == "the batch's process: it was killed; restart 1 in 2 s"
    assert picture_of(died, back, batch_only=True).holdup() == ""


ASKED = (
    EventType.PROMPT,
    {
        "prompt": "R1:2", "step": "look", "until": None,
        "asked": {"message": {"ko": "녹색?", "en": "Green?"}, "key": "led", "fields": [{"kind": "pass_fail"}]},
    },
)  # fmt: skip


def test_what_is_asked_is_shown_with_how_to_answer_until_it_is_answered() -> None:
    written, drawn = io.StringIO(), io.StringIO()
    lines = Lines(Console(file=written, width=200))
    picture = picture_of(START, ASKED)
    table = LiveTable(Console(file=drawn, width=200, force_terminal=True, highlight=False))

    with lines, table:
        for _ in range(2):
            lines.show(picture)
            table.show(picture)

    assert written.getvalue() == (
        "Look asks: Green? / 녹색? (answer: pass or fail)\n  answer with: station answer b1 2 answer=...\n"
    )
    assert "answer with: station answer b1 2 answer=..." in drawn.getvalue()
    assert picture_of(ASKED, (EventType.PROMPT_ANSWERED, {"prompt": "R1:2"})).prompts == {}
    assert picture_of(ASKED, (EventType.PROMPT_CLOSED, {"prompt": "R1:2"})).prompts == {}
    assert picture_of(ASKED, OVER).prompts == {}


def test_lines_tell_everything_once() -> None:
    written = io.StringIO()
    lines = Lines(Console(file=written, width=200))

    with lines:
        for count in range(1, 5):
            lines.show(picture_of(*(START, MEASURED, COMPLETE, OVER)[:count]))
        lines.show(picture_of(START, MEASURED, COMPLETE, OVER))

    assert [line.split() for line in written.getvalue().splitlines()] == [
        ["warm", "FAILED", "1:15"], ["t", "FAILED", "31.5", "°C", "20", "..", "25"], ["defects:", "D1"],
    ]  # fmt: skip


def test_the_table_shows_what_is_over_what_runs_and_what_comes() -> None:
    written = io.StringIO()
    table = LiveTable(Console(file=written, width=120, height=40, force_terminal=False))

    with table:
        table.show(picture_of(START, MEASURED, PROGRESS))

    text = written.getvalue()
    assert "Warm up" in text
    assert "25% heating" in text
    assert "to come: Look" in text


def test_a_table_longer_than_the_screen_keeps_its_end() -> None:
    picture = picture_of()
    for number in range(100):
        begun = {"step": f"s{number}", "index": number, "attempt": 1, "segment": 1}
        picture.take(Event(number + 1, NOW, "b1", "R1", EventType.STEP_START, begun))
    written = io.StringIO()
    table = LiveTable(Console(file=written, width=120, height=20, force_terminal=False))

    with table:
        table.show(picture)

    assert "88 lines above" in written.getvalue()
    assert "s99" in written.getvalue()
    assert "s50" not in written.getvalue()


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(3.2999999, "V", "3.3 V"), (True, "", "true"), ("nan", "V", "nan V"), (None, "", ""), (12, "mV", "12 mV"),
     ([1, 2], "", "[1, 2]"), (1e-9, "A", "1e-09 A")],
)  # fmt: skip
def test_values_are_written_with_their_unit(value: Any, unit: str, text: str) -> None:
    assert value_text(value, unit) == text


def test_durations_are_written_as_clocks_show_them() -> None:
    seconds = (0.214, 59.99, 61, 3725)

    assert [duration_text(timedelta(seconds=s)) for s in seconds] == ["0.21 s", "59.99 s", "1:01", "1:02:05"]
