"""What is done by hand reaches the instruments once, is fenced by its session, and is cut off with it."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.manual import ManualControl, ManualRecording
from station.contracts.manual import ManualCommandRequest, ManualNote, ManualSessionRequest, ManualStepRequest
from station.contracts.messages import SessionPurpose
from station.domain.audit import Deed
from station.domain.events import EventType
from station.domain.outcome import Outcome
from station.storage.audit import Audit
from station.storage.logs import LogFilter, Logs
from station.storage.manual import ManualNotes
from station.storage.quarantine import Quarantines
from tests.activities.conftest import BATCH, LOST, STOPPED, Process, ProcessEnded, Slot, begin, call, until

HAND = "HAND1"


def control(process: Process) -> ManualControl:
    return ManualControl(process.hardware, process.execution.end_process)


async def take(process: Process, purpose: SessionPurpose = SessionPurpose.MANUAL) -> str:
    return (await process.open(purpose, HAND)).token


def telling(token: str, name: str, seconds: float = 5, **arguments: Any) -> ManualCommandRequest:
    return ManualCommandRequest(
        session_id=HAND, batch=BATCH, session=token, instrument="meter", name=name, arguments=arguments,
        timeout=timedelta(seconds=seconds),
    )  # fmt: skip


def stepping(token: str, step: str, seconds: float = 5, **parameters: Any) -> ManualStepRequest:
    return ManualStepRequest(
        session_id=HAND, batch=BATCH, session=token, step=step, parameters=parameters,
        timeout=timedelta(seconds=seconds), grace=timedelta(seconds=0.3),
    )  # fmt: skip


def session(token: str) -> ManualSessionRequest:
    return ManualSessionRequest(session_id=HAND, batch=BATCH, session=token)


async def test_taking_a_slot_in_hand_runs_no_setup_and_belongs_to_no_run(slot: Slot) -> None:
    await take(slot.process())

    owner = await slot.journal.owner(BATCH)
    assert slot.calls == ["connect", "make_safe"]
    assert owner is not None
    assert owner.run_id is None


async def test_for_single_steps_the_package_is_set_up(slot: Slot) -> None:
    await take(slot.process(), SessionPurpose.STEPS)

    assert slot.calls == ["connect", "make_safe", "setup"]


async def test_a_command_reaches_the_instrument_and_a_fault_of_it_is_a_value(slot: Slot) -> None:
    process = slot.process()
    token = await take(process)

    good = await call(control(process).manual_command, telling(token, "identify"))
    slot.tell("unsafe")
    bad = await call(control(process).manual_command, telling(token, "make_safe"))

    assert (good.value, good.fault) == ("METER 1", None)
    assert bad.fault is not None
    assert (bad.fault.code, bad.fault.message) == ("HARDWARE_ERROR", "the output stays on")


async def test_an_answer_that_is_too_large_is_said_and_not_carried(slot: Slot) -> None:
    process = slot.process()
    token = await take(process)

    outcome = await call(control(process).manual_command, telling(token, "waveform"))

    assert outcome.value is None
    assert outcome.fault is not None
    assert outcome.fault.code == "ANSWER_TOO_LARGE"


async def test_what_a_step_found_is_cut_to_what_can_be_carried(slot: Slot) -> None:
    process = slot.process()
    token = await take(process, SessionPurpose.STEPS)

    outcome = await call(control(process).manual_step, stepping(token, "talkative"))

    assert outcome.report.outcome is Outcome.PASSED
    assert 100 < len(outcome.measurements) < 1000
    assert outcome.values == {}


async def test_a_command_with_another_token_or_after_a_take_over_touches_nothing(slot: Slot) -> None:
    zombie = slot.process(pid=1)
    token = await take(zombie)
    calls = slot.calls

    for request in (telling("token-0", "reset"), telling(token, "reset")):
        if request.session == token:
            await slot.journal.claim_session(BATCH, "another", None, None, {}, datetime.now(UTC))
        with pytest.raises(ApplicationError) as caught:
            await call(control(zombie).manual_command, request)
        assert caught.value.type == "SESSION_LOST"

    assert slot.calls == calls


async def test_a_command_whose_caller_gives_up_is_cut_off(slot: Slot) -> None:
    slot.tell("slow")
    process = slot.process()
    token = await take(process)
    telling_it, environment = begin(control(process).manual_command, telling(token, "linger"))
    await slot.called("linger")

    environment.cancel(STOPPED)
    with pytest.raises(asyncio.CancelledError):
        await telling_it

    assert process.hardware.by_hand == set()
    await slot.called("cut")


async def test_closing_cuts_a_command_off_before_it_makes_safe(slot: Slot) -> None:
    slot.tell("slow")
    process = slot.process()
    token = await take(process)
    telling_it, _ = begin(control(process).manual_command, telling(token, "linger"))
    await slot.called("linger")

    await call(process.hardware.close_session, process.closing(token))
    with pytest.raises(ApplicationError) as caught:
        await telling_it

    assert caught.value.type == "COMMAND_STOPPED"
    assert slot.calls[-3:] == ["cut", "make_safe", "disconnect"]


async def test_a_command_that_blocks_ends_the_process(slot: Slot) -> None:
    process = slot.process()
    token = await take(process)

    with pytest.raises(ProcessEnded) as ended:
        await call(control(process).manual_command, telling(token, "block", seconds=0.05))
    slot.tell("go")

    assert ended.value.code == 70


async def test_a_step_by_hand_says_what_it_says_and_is_in_no_journal(slot: Slot) -> None:
    process = slot.process()
    token = await take(process, SessionPurpose.STEPS)
    await slot.journal.begin_step(**seen_by_measure(token))

    outcome = await call(control(process).manual_step, stepping(token, "measure"))
    await process.hardware.feed.flush()

    lines = await Logs(slot.database).list(LogFilter(run_id=HAND))
    assert outcome.report.outcome is Outcome.PASSED
    assert [one.name for one in outcome.measurements] == ["volts", "seen"]
    assert [line.message for line in lines] == ["measuring"]
    assert {event.run_id for event in await slot.events(EventType.MEASUREMENT)} == {HAND}
    assert await slot.runs.steps(HAND) == []


def seen_by_measure(token: str) -> dict[str, Any]:
    """A row the step looks at, so that it can run where nobody keeps a journal."""
    from station.storage.steps import StepKey
    from tests.activities.conftest import RUN

    return {
        "key": StepKey(RUN, "measure"), "batch": BATCH, "session": token, "index": 0, "round": 1, "segment": 1,
        "task_token": None, "pid": os.getpid(), "at": datetime.now(UTC),
    }  # fmt: skip


async def test_a_step_nobody_waits_for_any_more_is_asked_to_yield(slot: Slot) -> None:
    process = slot.process()
    token = await take(process, SessionPurpose.STEPS)
    stepping_it, environment = begin(control(process).manual_step, stepping(token, "gated"))
    await slot.called("gated")

    environment.cancel(LOST)
    with pytest.raises(asyncio.CancelledError):
        await stepping_it

    await until(lambda: not process.hardware.live, "the step yields")


async def test_a_step_that_does_not_yield_ends_the_process(slot: Slot) -> None:
    process = slot.process()
    token = await take(process, SessionPurpose.STEPS)

    with pytest.raises(ProcessEnded) as ended:
        await call(control(process).manual_step, stepping(token, "deaf", seconds=0.1))

    assert ended.value.code == 70


async def test_make_safe_stops_what_goes_on_and_keeps_the_session(slot: Slot) -> None:
    process = slot.process()
    token = await take(process, SessionPurpose.STEPS)
    stepping_it, _ = begin(control(process).manual_step, stepping(token, "gated"))
    await slot.called("gated")

    safe = await call(control(process).manual_safe, session(token))
    slot.tell("unsafe")
    unsafe = await call(control(process).manual_safe, session(token))

    assert safe.safe
    assert (unsafe.safe, unsafe.problems) == (False, ["instrument meter: the output stays on"])
    assert (await stepping_it).report.outcome is Outcome.ABORTED
    assert process.hardware.holds(token)


async def test_the_watch_ends_with_the_session_and_when_it_was_given_back(slot: Slot) -> None:
    process = slot.process()
    token = await take(process)
    watching, _ = begin(control(process).manual_watch, session(token))
    await asyncio.sleep(0.05)
    watched = not watching.done()

    await process.hardware.let_go("nobody owns it")
    with pytest.raises(ApplicationError) as caught:
        await watching

    assert watched
    assert caught.value.type == "SESSION_LOST"
    assert await slot.journal.owner(BATCH) is None


async def test_the_watch_does_not_hold_up_a_process_that_is_to_end(slot: Slot) -> None:
    process = slot.process()
    token = await take(process)
    environment = ActivityEnvironment()
    watching = asyncio.create_task(call(control(process).manual_watch, session(token), environment))
    await asyncio.sleep(0.05)

    environment.worker_shutdown()
    with pytest.raises(ApplicationError) as caught:
        await watching

    assert caught.value.type == "WorkerShutdown"


async def test_what_was_done_is_noted_once_and_closes_an_unsafe_slot(slot: Slot) -> None:
    recording = ManualRecording(ManualNotes(slot.database), slot.batches)
    now = datetime.now(UTC)
    deed = Deed(id="h/1", at=now, actor="kim", action="manual close", target=BATCH, reason="left", data={"safe": False})
    note = ManualNote(deed=deed, session_id=HAND, state="closed", unsafe="power is gone")

    await call(recording.record_manual, note)
    await call(recording.record_manual, note)

    (entry,) = await Audit(slot.database).list()
    (event,) = await slot.events(EventType.MANUAL)
    quarantine = await Quarantines(slot.database).get(BATCH)
    assert entry.deed == deed
    assert event.run_id == HAND
    assert event.data == {"state": "closed", "action": "close", "by": "kim", "reason": "left", "safe": False}
    assert quarantine is not None
    assert quarantine.reason == "power is gone"


async def test_the_database_says_who_owns_the_slot(slot: Slot) -> None:
    recording = ManualRecording(ManualNotes(slot.database), slot.batches)
    never_heard_of = await call(recording.look_at_session, session("x"))
    process = slot.process()
    token = await take(process)

    held = await call(recording.look_at_session, session(token))
    await process.hardware.let_go("left")
    left = await call(recording.look_at_session, session(token))

    assert (never_heard_of.owned, never_heard_of.safe) == (False, True)
    assert (held.owned, held.safe) == (True, False)
    assert (left.owned, left.safe) == (False, True)
