"""Sessions: opened, closed, taken over, and made safe when nobody owns them any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from station.contracts.messages import Finding, Instrument, OpenedSession, SessionPurpose
from station.contracts.repair import ReconnectRequest
from station.domain.errors import StorageError
from station.domain.outcome import Outcome, RunState, StepState
from station.domain.plan import Severity
from station.domain.run import StepFault
from tests.activities.conftest import (
    BATCH,
    LOST,
    RUN,
    STOPPED,
    Process,
    Slot,
    begin,
    call,
    reconcile_request,
    step_request,
    until,
)

# Open and close


async def test_opening_connects_makes_safe_sets_up_and_takes_the_hardware(slot: Slot) -> None:
    opened = await slot.process().open()

    run, batch = await slot.runs.get(RUN), await slot.batches.get(BATCH)
    assert opened == OpenedSession(
        token="token-1",  # noqa: S106 - made up
        instruments=[Instrument(name="meter", driver="Meter", identity="METER 1")],
    )
    assert slot.calls == ["connect", "make_safe", "setup"]
    assert run is not None
    assert run.state is RunState.RUNNING
    assert batch is not None
    assert (batch.session_run_id, batch.hardware_safe) == (RUN, False)


async def test_what_the_configuration_says_of_an_instrument_is_kept_with_the_run(slot: Slot) -> None:
    process = slot.process()
    label = {"serial_number": "MY1", "calibrated_until": "2026-03-14"}
    process.hardware.settings = replace(process.hardware.settings, labels={"meter": label, "other": {}})

    await process.open()

    run = await slot.runs.get(RUN)
    assert run is not None
    assert run.instruments == {"meter": {"driver": "Meter", "identity": "METER 1", **label}}


async def test_opening_for_cleanup_runs_no_setup_and_does_not_say_that_the_run_goes_on(slot: Slot) -> None:
    opened = await slot.process().open(SessionPurpose.CLEANUP)

    run = await slot.runs.get(RUN)
    assert opened.fault is None
    assert slot.calls == ["connect", "make_safe"]
    assert run is not None
    assert run.state is RunState.ACCEPTED


async def test_a_new_session_knows_what_finished_steps_left_behind(slot: Slot) -> None:
    first = slot.process(pid=1)
    token = (await first.open()).token
    await call(first.execution.run_step, step_request("measure", token))
    second = slot.process(pid=2)
    token = (await second.open()).token
    slot.tell("go")

    await call(second.execution.run_step, step_request("gated", token))

    row = await slot.row("gated")
    assert row is not None
    assert row.result is not None
    assert row.result.values == {"before": True}


async def test_closing_makes_safe_and_gives_the_hardware_back(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token

    closed = await call(process.hardware.close_session, process.closing(token))

    batch = await slot.batches.get(BATCH)
    assert (closed.safe, closed.problems) == (True, [])
    assert slot.calls[-2:] == ["make_safe", "disconnect"]
    assert batch is not None
    assert (batch.session_token, batch.hardware_safe) == (None, True)


async def test_closing_says_what_could_not_be_made_safe(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    slot.tell("unsafe")

    closed = await call(process.hardware.close_session, process.closing(token))

    batch = await slot.batches.get(BATCH)
    assert (closed.safe, closed.problems) == (False, ["instrument meter: the output stays on"])
    assert batch is not None
    assert (batch.session_token, batch.hardware_safe) == (None, False)
    assert batch.quarantine is not None
    assert batch.quarantine.reason == ("the instruments could not be made safe: instrument meter: the output stays on")


async def test_closing_with_another_token_is_refused(slot: Slot) -> None:
    process = slot.process()
    await process.open()
    calls = slot.calls

    with pytest.raises(ApplicationError) as caught:
        await call(process.hardware.close_session, process.closing("token-0"))

    assert caught.value.type == "SESSION_LOST"
    assert slot.calls == calls


async def test_closing_waits_for_the_step_that_still_runs(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    running, _ = begin(process.execution.run_step, step_request("gated", token))
    await slot.called("gated")

    await call(process.hardware.close_session, process.closing(token))

    assert (await running).fault == StepFault(code="STEP_STOPPED", message="the run is over")
    assert slot.calls[-2:] == ["make_safe", "disconnect"]


async def test_letting_go_of_nothing_is_safe(slot: Slot) -> None:
    closed = await slot.process().hardware.let_go("the process ends")

    assert closed.safe


# Opening again, or in vain


async def test_opening_while_another_session_is_open_closes_that_one_first(slot: Slot) -> None:
    process = slot.process()
    old = (await process.open()).token
    running, _ = begin(process.execution.run_step, step_request("gated", old))
    await slot.called("gated")

    new = (await process.open()).token
    with pytest.raises(ApplicationError) as caught:
        await running
    found = await call(process.execution.reconcile, reconcile_request("gated", old))

    row = await slot.row("gated")
    assert new != old
    assert slot.calls == [
        "connect", "make_safe", "setup", "gated",
        "make_safe", "disconnect",
        "connect", "make_safe", "setup",
    ]  # fmt: skip
    assert caught.value.type == "WorkerShutdown"
    assert row is not None
    assert row.status is StepState.INTERRUPTED
    assert (found.finding, found.session_alive) == (Finding.INTERRUPTED, False)


async def test_an_instrument_that_cannot_be_reached_is_a_fault_that_may_be_tried_again(slot: Slot) -> None:
    slot.tell("unreachable")

    opened = await slot.process().open()

    assert opened == OpenedSession(
        fault=StepFault(
            code="HARDWARE_NOT_CONNECTED",
            message="instrument meter: nobody answers",
            severity=Severity.RECOVERABLE,
            details={"instrument": "meter"},
        )
    )


async def test_a_setup_that_fails_leaves_nothing_open(slot: Slot) -> None:
    slot.tell("broken_setup")
    process = slot.process()

    opened = await process.open()

    batch = await slot.batches.get(BATCH)
    assert opened.fault is not None
    assert opened.fault.message == "setup failed with ValueError: no fixture"
    assert not process.hardware.holds("token-1")
    assert slot.calls[-2:] == ["make_safe", "disconnect"]
    assert batch is not None
    assert batch.hardware_safe is False


async def test_a_package_that_was_changed_is_a_fault_of_the_station(slot: Slot) -> None:
    process = slot.process()
    ref = slot.plan.package.model_copy(update={"content_hash": "ab" * 32})
    process.plan = slot.plan.model_copy(update={"package": ref})

    opened = await process.open()

    assert opened.fault is not None
    assert (opened.fault.code, opened.fault.severity) == ("PACKAGE_INVALID", Severity.CRITICAL)
    assert slot.calls == []


async def test_a_lost_opening_goes_on_and_the_next_one_closes_what_it_opened(slot: Slot) -> None:
    slot.tell("slow_setup")
    process = slot.process()
    opening, environment = begin(process.hardware.open_session, process.opening())
    await slot.called("setup")

    environment.cancel(LOST)
    with pytest.raises(asyncio.CancelledError):
        await opening
    (slot.folder / "slow_setup").unlink()
    opened = await process.open()

    assert opened.fault is None
    assert process.hardware.holds(opened.token)
    assert slot.calls == ["connect", "make_safe", "setup", "make_safe", "disconnect", "connect", "make_safe", "setup"]


async def test_who_wishes_to_stop_gets_the_session_to_close_it(slot: Slot) -> None:
    slot.tell("slow_setup")
    process = slot.process()
    opening, environment = begin(process.hardware.open_session, process.opening())
    await slot.called("setup")

    environment.cancel(STOPPED)
    (slot.folder / "slow_setup").unlink()
    opened = await opening

    assert opened.fault is None
    assert process.hardware.holds(opened.token)


async def test_a_zombie_lets_go_of_its_own_instruments_and_not_of_its_successors_session(slot: Slot) -> None:
    zombie = slot.process(pid=1)
    await zombie.open()
    token = (await slot.process(pid=2).open()).token

    closed = await zombie.hardware.let_go("the process ends")

    owner = await slot.journal.owner(BATCH)
    assert closed.safe
    assert owner is not None
    assert owner.token == token


# The lease


@asynccontextmanager
async def watching(process: Process) -> AsyncIterator[None]:
    watch = asyncio.create_task(process.hardware.watch_lease())
    yield
    assert not watch.done()
    watch.cancel()


@pytest.mark.parametrize("answer", [False, None])
async def test_a_session_nobody_uses_is_closed(slot: Slot, answer: bool | None) -> None:
    process = slot.process(lease=timedelta(milliseconds=60))
    token = (await process.open()).token
    process.open_runs[RUN] = answer

    async with watching(process):
        await until(lambda: not process.hardware.holds(token), "the session is closed")
        await slot.called("disconnect")


async def test_a_session_whose_run_is_open_is_left_alone(slot: Slot) -> None:
    process = slot.process(lease=timedelta(milliseconds=30))
    token = (await process.open()).token
    process.open_runs[RUN] = True
    held = process.hardware.owned(token)
    began = held.touched_at

    async with watching(process):
        await until(lambda: held.touched_at > began + 0.1, "the lease is renewed again and again")

    assert process.hardware.holds(token)


async def test_a_session_whose_step_runs_is_left_alone(slot: Slot) -> None:
    process = slot.process(lease=timedelta(milliseconds=30))
    token = (await process.open()).token
    running, environment = begin(process.execution.run_step, step_request("gated", token))
    await slot.called("gated")
    beats: list[None] = []
    environment.on_heartbeat = lambda: beats.append(None)

    async with watching(process):
        await until(lambda: len(beats) >= 6, "time goes by")
        held = process.hardware.holds(token)
        slot.tell("go")
        await running

    assert held


async def test_a_step_that_comes_while_the_engine_is_asked_is_left_alone(slot: Slot) -> None:
    process = slot.process(lease=timedelta(milliseconds=30))
    token = (await process.open()).token
    asked, answers = asyncio.Event(), asyncio.Event()

    async def answers_late(_run_id: str) -> bool | None:
        asked.set()
        await answers.wait()
        return None

    process.hardware.is_run_open = answers_late
    async with watching(process):
        await asked.wait()
        running, _ = begin(process.execution.run_step, step_request("gated", token))
        await slot.called("gated")
        answers.set()
        await asyncio.sleep(0.1)
        slot.tell("go")
        report = await running

    assert report.outcome is Outcome.PASSED


async def test_the_lease_is_watched_on_when_the_question_about_its_run_fails(slot: Slot) -> None:
    process = slot.process(lease=timedelta(milliseconds=30))
    token = (await process.open()).token
    answers: list[Exception | None] = [ValueError("the memo cannot be read"), None]

    async def fails_once(_run_id: str) -> bool | None:
        if (answer := answers.pop(0)) is not None:
            raise answer
        return None

    process.hardware.is_run_open = fails_once
    async with watching(process):
        await until(lambda: not process.hardware.holds(token), "the session is closed")


async def test_the_lease_is_watched_on_when_the_database_does_not_take_that_it_was_over(slot: Slot) -> None:
    process = slot.process(lease=timedelta(milliseconds=30))
    await process.open()
    await slot.database.close()

    async with watching(process):
        await until(lambda: process.hardware._held is None, "the session is closed")
        await slot.database.open()
        token = (await process.open()).token
        await until(lambda: not process.hardware.holds(token), "the next one is closed too")


async def test_what_a_step_said_last_does_not_keep_a_session_from_being_given_back(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token

    async def refuse() -> None:
        raise StorageError("the disk is full")

    process.hardware.feed.flush = refuse  # type: ignore[method-assign]
    closed = await call(process.hardware.close_session, process.closing(token))

    assert closed.safe
    assert await slot.journal.owner(BATCH) is None


# Connecting again


def reconnecting(token: str, *, connect: bool = True) -> ReconnectRequest:
    """Ask for a reconnection."""
    return ReconnectRequest(run_id=RUN, batch=BATCH, session=token, connect=connect)


async def test_instruments_are_disconnected_connected_made_safe_and_asked_who_they_are(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    before = len(slot.calls)

    answer = await call(process.hardware.reconnect, reconnecting(token))

    assert answer.fault is None
    assert answer.instruments == [Instrument(name="meter", driver="Meter", identity="METER 1")]
    assert slot.calls[before:] == ["disconnect", "connect", "make_safe"]


async def test_making_safe_alone_disconnects_nothing(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    before = len(slot.calls)

    answer = await call(process.hardware.reconnect, reconnecting(token, connect=False))

    assert answer.fault is None
    assert slot.calls[before:] == ["make_safe"]


async def test_an_instrument_that_stays_away_is_named_and_the_session_lives_on(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    slot.tell("unreachable")

    answer = await call(process.hardware.reconnect, reconnecting(token))

    assert answer.fault is not None
    assert (answer.fault.code, answer.fault.instrument) == ("HARDWARE_NOT_CONNECTED", "meter")
    assert process.hardware.holds(token)


async def test_an_instrument_that_is_back_is_connected_before_it_is_made_safe(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    slot.tell("unreachable")
    await call(process.hardware.reconnect, reconnecting(token))
    (slot.folder / "unreachable").unlink()
    before = len(slot.calls)

    closed = await call(process.hardware.close_session, process.closing(token))

    assert closed.safe
    assert slot.calls[before:] == ["connect", "make_safe", "disconnect"]


async def test_a_process_that_was_replaced_reconnects_nothing(slot: Slot) -> None:
    old = slot.process(pid=1)
    token = (await old.open()).token
    await slot.process(pid=2).open()
    before = slot.calls

    with pytest.raises(ApplicationError) as caught:
        await call(old.hardware.reconnect, reconnecting(token))

    assert caught.value.type == "SESSION_LOST"
    assert slot.calls == before
