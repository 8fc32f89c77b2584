"""Shared instruments: connected only while they are ours, waited for, given back, and never held in vain."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.sharing import Sharing
from station.contracts.messages import Instrument, SessionPurpose
from station.contracts.sharing import Acquired, AcquireRequest, ReleaseRequest
from station.domain.plan import Severity
from tests.activities.conftest import BATCH, LOST, RUN, STOPPED, Process, Slot, begin, call, step_request, until
from worker.batch import make_slot_safe

SHARED = {"meter": "dmm"}
TWO = {"meter": "dmm", "scope": "a_scope"}
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def wish(token: str, *instruments: str, **more: Any) -> AcquireRequest:
    return AcquireRequest(run_id=RUN, batch=BATCH, session=token, instruments=list(instruments or ["meter"]), **more)


def gift(token: str, *keep: str) -> ReleaseRequest:
    return ReleaseRequest(run_id=RUN, batch=BATCH, session=token, keep=list(keep))


async def opened(slot: Slot, shared: dict[str, str] = SHARED, pid: int = 1) -> tuple[Process, Sharing, str]:
    process = slot.process(pid, shared=shared)
    # The package's `setup` uses its instrument, which a shared one is not there for.
    return process, Sharing(process.hardware), (await process.open(SessionPurpose.CLEANUP)).token


def held(process: Process) -> set[str]:
    return set(process.hardware.locks.held)


async def test_opening_leaves_a_shared_instrument_alone(slot: Slot) -> None:
    process, _, token = await opened(slot)

    assert token
    assert slot.calls == []
    assert held(process) == set()


async def test_taken_it_is_connected_made_safe_and_usable(slot: Slot) -> None:
    process, sharing, token = await opened(slot)

    acquired = await call(sharing.acquire, wish(token))
    report = await call(process.execution.run_step, step_request("measure", token))

    assert acquired == Acquired(instruments=[Instrument(name="meter", driver="Meter", identity="METER 1")])
    assert slot.calls == ["connect", "make_safe", "measure"]
    assert held(process) == {"dmm"}
    assert report.outcome == "PASSED"


async def test_given_back_it_is_safe_disconnected_and_free(slot: Slot) -> None:
    process, sharing, token = await opened(slot)
    await call(sharing.acquire, wish(token))

    released = await call(sharing.release, gift(token))

    assert released.problems == []
    assert slot.calls[-2:] == ["make_safe", "disconnect"]
    assert held(process) == set()
    assert slot.locks("slot_2").holder("dmm") is None


async def test_asked_for_twice_it_is_connected_once(slot: Slot) -> None:
    _, sharing, token = await opened(slot)
    await call(sharing.acquire, wish(token))

    again = await call(sharing.acquire, wish(token))

    assert again == Acquired()
    assert slot.calls.count("connect") == 1


async def test_what_is_kept_stays_connected(slot: Slot) -> None:
    process, sharing, token = await opened(slot)
    await call(sharing.acquire, wish(token))

    await call(sharing.release, gift(token, "meter"))

    assert "disconnect" not in slot.calls
    assert held(process) == {"dmm"}


async def test_one_that_is_held_is_told_of_once_and_then_waited_for(slot: Slot) -> None:
    process, sharing, token = await opened(slot)
    other = slot.locks("slot_2")
    other.take("dmm", "RUN2", NOW)

    first = await call(sharing.acquire, wish(token))
    waiting, _ = begin(sharing.acquire, wish(token, shown=first.waiting_for))
    await asyncio.sleep(0.5)
    waits = not waiting.done()
    other.give_back(["dmm"], safe=True)
    acquired = await waiting

    assert first.waiting_for.startswith("the shared instrument dmm, which slot_2 holds since ")
    assert waits
    assert acquired.waiting_for == ""
    assert held(process) == {"dmm"}


async def test_a_call_that_waits_long_ends_so_that_it_can_be_made_again(slot: Slot) -> None:
    _, sharing, token = await opened(slot)
    slot.locks("slot_2").take("dmm", "RUN2", NOW)
    shown = (await call(sharing.acquire, wish(token))).waiting_for

    again = await call(sharing.acquire, wish(token, shown=shown, patience=timedelta(milliseconds=100)))

    assert (again.waiting_for, again.fault) == (shown, None)


async def test_whoever_may_not_wait_for_ever_is_told_that_it_took_too_long(slot: Slot) -> None:
    process, sharing, token = await opened(slot, TWO)
    slot.locks("slot_2").take("dmm", "RUN2", NOW)

    acquired = await call(sharing.acquire, wish(token, "scope", "meter", within=timedelta(milliseconds=50)))

    assert acquired.fault is not None
    assert acquired.fault.code == "SHARED_INSTRUMENT_BUSY"
    assert acquired.fault.severity is Severity.CRITICAL
    assert held(process) == set()


async def test_stopped_while_it_waits_it_holds_nothing(slot: Slot) -> None:
    process, sharing, token = await opened(slot, TWO)
    other = slot.locks("slot_2")
    other.take("dmm", "RUN2", NOW)
    waiting, environment = begin(sharing.acquire, wish(token, "scope", "meter", shown=sharing._note("dmm").text))
    await until(lambda: held(process) == {"a_scope"}, "the first is taken")

    environment.cancel(STOPPED)
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert held(process) == set()
    assert slot.calls == []


async def test_they_are_taken_in_the_order_of_the_stations_names(slot: Slot) -> None:
    process, sharing, token = await opened(slot, TWO)
    other = slot.locks("slot_2")
    other.take("a_scope", "RUN2", NOW)

    waiting, environment = begin(sharing.acquire, wish(token, "meter", "scope", shown=sharing._note("a_scope").text))
    await asyncio.sleep(0.1)

    assert held(process) == set()
    environment.cancel(STOPPED)
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_one_that_comes_before_what_is_held_is_taken_after_that_was_given_back(slot: Slot) -> None:
    process, sharing, token = await opened(slot, TWO)
    await call(sharing.acquire, wish(token, "meter"))
    other = slot.locks("slot_2")
    other.take("a_scope", "RUN2", NOW)

    waiting, _ = begin(sharing.acquire, wish(token, "meter", "scope", shown=sharing._note("a_scope").text))
    await until(lambda: held(process) == set(), "what was held is given back")
    safe = slot.calls[-2:]
    other.give_back(["a_scope"], safe=True)
    await waiting

    assert safe == ["make_safe", "disconnect"]
    assert held(process) == {"a_scope", "dmm"}


async def test_what_is_not_asked_for_any_more_is_given_back(slot: Slot) -> None:
    process, sharing, token = await opened(slot, TWO)
    await call(sharing.acquire, wish(token, "meter", "scope"))

    await call(sharing.acquire, wish(token, "scope"))

    assert held(process) == {"a_scope"}
    assert slot.calls[-1] == "disconnect"


async def test_one_that_does_not_answer_is_a_fault_and_not_kept(slot: Slot) -> None:
    process, sharing, token = await opened(slot)
    slot.tell("unreachable")

    acquired = await call(sharing.acquire, wish(token))

    assert acquired.fault is not None
    assert (acquired.fault.code, acquired.fault.severity) == ("HARDWARE_NOT_CONNECTED", Severity.RECOVERABLE)
    assert held(process) == set()
    assert slot.locks(BATCH).take_left_behind("dmm")


async def test_one_that_cannot_be_made_safe_is_given_back_with_a_note(slot: Slot) -> None:
    process, sharing, token = await opened(slot)
    await call(sharing.acquire, wish(token))
    slot.tell("unsafe")

    released = await call(sharing.release, gift(token))

    assert released.problems == ["instrument meter: the output stays on"]
    assert held(process) == set()
    assert slot.locks(BATCH).take_left_behind("dmm")


async def test_closing_the_session_gives_everything_back(slot: Slot) -> None:
    process, sharing, token = await opened(slot)
    await call(sharing.acquire, wish(token))

    await call(process.hardware.close_session, process.closing(token))

    assert slot.calls[-2:] == ["make_safe", "disconnect"]
    assert held(process) == set()


async def test_without_the_token_nothing_is_taken_or_given(slot: Slot) -> None:
    process, sharing, token = await opened(slot)
    await call(sharing.acquire, wish(token))

    for activity, request in ((sharing.acquire, wish("stolen")), (sharing.release, gift("stolen"))):
        with pytest.raises(ApplicationError, match="does not hold the session"):
            await call(activity, request)  # type: ignore[arg-type]

    assert held(process) == {"dmm"}


async def test_whoever_waits_notices_that_the_session_is_over(slot: Slot) -> None:
    process, sharing, token = await opened(slot, TWO)
    slot.locks("slot_2").take("dmm", "RUN2", NOW)
    waiting, _ = begin(sharing.acquire, wish(token, "scope", "meter", shown=sharing._note("dmm").text))
    await until(lambda: held(process) == {"a_scope"}, "the first is taken")

    await process.hardware.let_go("the process ends")
    with pytest.raises(ApplicationError, match="does not hold the session"):
        await waiting

    assert held(process) == set()


async def test_whoever_waits_gives_way_to_the_end_of_the_process(slot: Slot) -> None:
    process, sharing, token = await opened(slot, TWO)
    slot.locks("slot_2").take("dmm", "RUN2", NOW)
    waiting, environment = begin(sharing.acquire, wish(token, "scope", "meter", shown=sharing._note("dmm").text))
    await until(lambda: held(process) == {"a_scope"}, "the first is taken")

    environment.worker_shutdown()
    with pytest.raises(ApplicationError, match="the process is to end"):
        await waiting

    assert held(process) == set()


async def test_a_lost_call_that_connects_goes_on_and_the_next_one_finds_it_done(slot: Slot) -> None:
    process, sharing, token = await opened(slot)
    async with process.hardware.alone():  # as if connecting took its time
        lost, environment = begin(sharing.acquire, wish(token))
        await until(lambda: held(process) == {"dmm"}, "the lock is taken")
        await asyncio.sleep(0.05)
        environment.cancel(LOST)
        with pytest.raises(asyncio.CancelledError):
            await lost
    await slot.called("make_safe")

    again = await call(sharing.acquire, wish(token))

    assert again == Acquired()
    assert slot.calls.count("connect") == 1


async def test_a_stop_while_it_connects_waits_until_it_is_connected(slot: Slot) -> None:
    process, sharing, token = await opened(slot)
    async with process.hardware.alone():
        taking, environment = begin(sharing.acquire, wish(token))
        await until(lambda: held(process) == {"dmm"}, "the lock is taken")
        await asyncio.sleep(0.05)
        environment.cancel(STOPPED)
        await asyncio.sleep(0.05)

    assert (await taking).fault is None
    assert held(process) == {"dmm"}


async def test_a_lock_that_an_earlier_call_gave_up_is_not_used(slot: Slot) -> None:
    process, sharing, token = await opened(slot)
    async with process.hardware.alone():
        taking, _ = begin(sharing.acquire, wish(token, shown="before"))
        await until(lambda: held(process) == {"dmm"}, "the lock is taken")
        await asyncio.sleep(0.05)
        process.hardware.give_up_unused_locks()

    assert await taking == Acquired(waiting_for="before")
    assert slot.calls == []


async def test_a_session_that_ends_before_it_connects_holds_nothing(slot: Slot) -> None:
    process, sharing, token = await opened(slot)
    async with process.hardware.alone():
        taking, _ = begin(sharing.acquire, wish(token))
        await until(lambda: held(process) == {"dmm"}, "the lock is taken")
        await asyncio.sleep(0.05)
        process.hardware._held, lost = None, process.hardware._held

    with pytest.raises(ApplicationError, match="does not hold the session"):
        await taking
    assert held(process) == set()
    assert lost is not None
    await lost.session.close()


async def test_a_plan_of_before_it_was_shared_takes_it_for_the_whole_session(slot: Slot) -> None:
    process = slot.process(shared=SHARED)
    process.plan = slot.plan

    await process.open()

    assert slot.calls == ["connect", "make_safe", "setup"]
    assert held(process) == {"dmm"}


async def test_a_setup_that_uses_a_shared_instrument_fails_and_says_so(slot: Slot) -> None:
    session = await slot.process(shared=SHARED).open()

    assert session.fault is not None
    assert session.fault.message.startswith("setup failed")


async def test_a_person_with_the_slot_in_hand_has_it_from_the_beginning_to_the_end(slot: Slot) -> None:
    process = slot.process(shared=SHARED)

    token = (await process.open(SessionPurpose.MANUAL)).token
    taken = held(process)
    await call(process.hardware.close_session, process.closing(token))

    assert taken == {"dmm"}
    assert slot.calls == ["connect", "make_safe", "make_safe", "disconnect"]
    assert held(process) == set()


async def test_such_a_session_is_not_opened_while_another_batch_has_it(slot: Slot) -> None:
    process = slot.process(shared=SHARED)
    process.plan = slot.plan
    slot.locks("slot_2").take("dmm", "RUN2", NOW)

    session = await process.open()

    assert session.fault is not None
    assert session.fault.message == "instrument meter: batch slot_2 has the shared instrument dmm"
    assert session.fault.severity is Severity.RECOVERABLE
    assert slot.calls == []


async def test_a_new_process_makes_safe_what_the_last_one_held(slot: Slot) -> None:
    process, sharing, token = await opened(slot)
    await call(sharing.acquire, wish(token))
    calls = len(slot.calls)
    _die(process)
    claim = await slot.journal.owner(BATCH)
    assert claim is not None
    successor = slot.process(pid=2, shared=SHARED)

    await make_slot_safe(successor.execution, claim)

    assert slot.calls[calls:] == ["connect", "make_safe", "make_safe", "disconnect"]
    assert held(successor) == set()
    assert slot.locks("slot_2").holder("dmm") is None


async def test_a_new_process_leaves_alone_what_somebody_else_has_taken_meanwhile(slot: Slot) -> None:
    process, sharing, token = await opened(slot)
    await call(sharing.acquire, wish(token))
    calls = len(slot.calls)
    _die(process)
    slot.locks("slot_2").take("dmm", "RUN2", NOW)
    claim = await slot.journal.owner(BATCH)
    assert claim is not None

    await make_slot_safe(slot.process(pid=2, shared=SHARED).execution, claim)

    assert slot.calls[calls:] == []


async def test_a_new_process_that_cannot_reach_it_leaves_it_to_whoever_takes_it(slot: Slot) -> None:
    process, sharing, token = await opened(slot)
    await call(sharing.acquire, wish(token))
    _die(process)
    slot.tell("unreachable")
    claim = await slot.journal.owner(BATCH)
    assert claim is not None
    successor = slot.process(pid=2, shared=SHARED)

    await make_slot_safe(successor.execution, claim)

    batch = await slot.batches.get(BATCH)
    assert batch is not None
    assert batch.alert == "the hardware could not be made safe: instrument meter: nobody answers"
    assert held(successor) == set()


def _die(process: Process) -> None:
    """The operating system takes the locks of a dead process; what it wrote into them stays."""
    process.hardware.locks.give_back(held(process), safe=False)
