"""Steps of one slot: written before and after, attended, stopped, cut off, fenced; reconciled when they were lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.execution import EXIT_FENCED, EXIT_UNRESPONSIVE
from station.contracts.messages import Cause, Finding
from station.domain.clock import SystemClock
from station.domain.outcome import Outcome, StepState
from station.domain.plan import Severity
from station.domain.prompt import Prompt
from station.domain.run import StepFault, StepReport, StepResult
from station.execution.carrying import Carried
from station.storage.batches import ExitKind, ProcessExit
from station.storage.logs import LogFilter, Logs
from station.storage.steps import StepKey
from tests.activities.conftest import (
    BATCH,
    LOST,
    RUN,
    SHUT_DOWN,
    STOPPED,
    LeapingClock,
    ProcessEnded,
    Slot,
    begin,
    call,
    reconcile_request,
    step_request,
    until,
)

# Before and after


async def test_a_step_is_written_before_it_touches_hardware_and_with_its_result_after(slot: Slot) -> None:
    process = slot.process(pid=4711)
    token = (await process.open()).token

    report = await call(process.execution.run_step, step_request("measure", token))

    row = await slot.row("measure")
    assert report == StepReport(step="measure", outcome=Outcome.PASSED, elapsed=report.elapsed)
    assert row is not None
    assert row.result is not None
    assert row.result.values == {"volts": 5.0, "seen": "running"}
    assert [(made.name, made.value) for made in row.result.measurements] == [("volts", 5.0), ("seen", "running")]
    assert (row.status, row.session, row.worker_pid, row.task_token) == (StepState.COMPLETED, token, 4711, b"test")


async def test_what_a_step_said_is_there_before_its_end_is_announced(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token

    await call(process.execution.run_step, step_request("measure", token))

    kinds = [event.type for event in await slot.events_of_steps()]
    lines = await Logs(slot.database).list(LogFilter(run_id=RUN, step="measure"))
    assert kinds == ["step_start", "log", "measurement", "step_progress", "measurement", "step_complete"]
    assert [line.message for line in lines] == ["measuring"]


async def test_a_step_finds_what_the_steps_before_it_left(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    slot.tell("go")

    await call(process.execution.run_step, step_request("measure", token))
    await call(process.execution.run_step, step_request("gated", token))

    row = await slot.row("gated")
    assert row is not None
    assert row.result is not None
    assert row.result.values == {"before": True}


async def test_a_cleanup_step_is_a_step_like_any_other(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token

    report = await call(process.execution.cleanup, step_request("tidy", token))

    assert report.outcome is Outcome.PASSED
    assert slot.calls[-1] == "tidy"


async def test_a_step_the_plan_does_not_have_is_refused_without_a_trace(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token

    with pytest.raises(LookupError, match="the plan has no step 'dance'"):
        await call(process.execution.run_step, step_request("dance", token))

    assert await slot.row("dance") is None


# Lost, stopped, shut down


async def test_a_lost_activity_leaves_its_step_running_and_reconcile_attends_it_to_its_end(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    running, environment = begin(process.execution.run_step, step_request("gated", token))
    await slot.called("gated")

    environment.cancel(LOST)
    with pytest.raises(asyncio.CancelledError):
        await running
    row = await slot.row("gated")
    asking, _ = begin(process.execution.reconcile, reconcile_request("gated", token))
    slot.tell("go")
    found = await asking

    assert row is not None
    assert row.status is StepState.RUNNING
    assert found.finding is Finding.FINISHED
    assert found.session_alive
    assert found.report is not None
    assert found.report.outcome is Outcome.PASSED
    assert slot.calls.count("gated") == 1


async def test_a_step_that_is_asked_for_twice_runs_once(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token

    first, _ = begin(process.execution.run_step, step_request("gated", token))
    second, _ = begin(process.execution.run_step, step_request("gated", token))
    await slot.called("gated")
    slot.tell("go")

    assert await first == await second
    assert slot.calls.count("gated") == 1


async def test_a_wish_to_stop_ends_the_step_as_aborted(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    running, environment = begin(process.execution.run_step, step_request("gated", token))
    await slot.called("gated")

    environment.cancel(STOPPED)
    report = await running

    row = await slot.row("gated")
    assert report.outcome is Outcome.ABORTED
    assert report.fault == StepFault(code="STEP_STOPPED", message="the run was stopped")
    assert row is not None
    assert row.result is not None
    assert row.result.report == report


async def test_a_shutdown_interrupts_the_step_and_says_so(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    running, environment = begin(process.execution.run_step, step_request("gated", token))
    await slot.called("gated")

    environment.cancel(SHUT_DOWN)
    with pytest.raises(ApplicationError) as caught:
        await running
    row = await slot.row("gated")
    found = await call(slot.process(pid=2).execution.reconcile, reconcile_request("gated", token))

    assert (caught.value.type, caught.value.non_retryable) == ("WorkerShutdown", True)
    assert row is not None
    assert row.status is StepState.INTERRUPTED
    assert (found.finding, found.cause, found.session_alive) == (Finding.INTERRUPTED, Cause.KILLED, False)
    assert found.explanation == "the batch's process was shut down"


async def test_a_step_that_ends_in_spite_of_the_shutdown_has_its_result(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    request = step_request("tenacious", token, timeout=timedelta(milliseconds=100))
    running, environment = begin(process.execution.run_step, request)
    await until(lambda: process.hardware.live.find(request) is not None, "the step is live")
    live = process.hardware.live.find(request)
    assert live is not None
    await until(lambda: live.execution._timed_out, "its time is used up")

    environment.cancel(SHUT_DOWN)
    slot.tell("go")
    report = await running

    assert report.outcome is Outcome.ERROR
    assert report.fault is not None
    assert report.fault.code == "STEP_TIMEOUT"


async def test_signs_of_life_are_given_while_a_step_runs(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    beats: list[None] = []
    running, environment = begin(process.execution.run_step, step_request("gated", token))
    environment.on_heartbeat = lambda: beats.append(None)

    await until(lambda: len(beats) >= 3, "three heartbeats")
    slot.tell("go")
    await running


# Reconciled by a new process


async def test_a_step_that_was_never_written_never_started(slot: Slot) -> None:
    found = await call(slot.process().execution.reconcile, reconcile_request("measure", "token-0"))

    assert (found.finding, found.cause, found.session_alive) == (Finding.NEVER_STARTED, Cause.NONE, False)


async def test_a_segment_that_was_never_written_never_started(slot: Slot) -> None:
    await lost_step(slot, "soak")

    found = await call(slot.process(pid=2).execution.reconcile, reconcile_request("soak", "old", segment=2))

    assert found.finding is Finding.NEVER_STARTED


async def test_a_result_that_was_written_is_taken_and_the_step_not_run_again(slot: Slot) -> None:
    first = slot.process()
    token = (await first.open()).token
    report = await call(first.execution.run_step, step_request("measure", token))

    found = await call(slot.process(pid=2).execution.reconcile, reconcile_request("measure", token))

    assert (found.finding, found.report) == (Finding.FINISHED, report)
    assert slot.calls.count("measure") == 1


async def test_the_end_of_a_segment_that_was_written_is_taken(slot: Slot) -> None:
    first = slot.process(clock=LeapingClock())
    token = (await first.open()).token
    report = await call(first.execution.run_step, step_request("soak", token))

    found = await call(slot.process(pid=2).execution.reconcile, reconcile_request("soak", token))

    assert not report.finished
    assert found.finding is Finding.FINISHED
    assert found.report == StepReport(step="soak", outcome=Outcome.PASSED, finished=False, elapsed=report.elapsed)


async def test_the_prompt_of_a_part_that_was_written_is_asked_without_running_it_again(slot: Slot) -> None:
    first = slot.process()
    token = (await first.open()).token
    prompt = Prompt.model_validate({"message": "Is it green?", "key": "led"})
    key = StepKey(RUN, "gated")
    await first.execution.hardware.stores.journal.begin_step(
        key, batch=BATCH, session=token, index=1, round=1, segment=1, task_token=None, pid=1, at=datetime.now(UTC)
    )
    report = StepReport(step="gated", outcome=Outcome.PASSED, finished=False, prompt=prompt)
    result = StepResult(report=report, state=Carried(asking=prompt).into({"seen": 1}))
    await first.execution.hardware.stores.journal.finish_step(
        key, batch=BATCH, session=token, result=result, at=datetime.now(UTC)
    )

    found = await call(slot.process(pid=2).execution.reconcile, reconcile_request("gated", token))

    assert (found.finding, found.report) == (Finding.FINISHED, report)
    assert "gated" not in slot.calls


@pytest.mark.parametrize(
    ("kind", "cause", "code"),
    [
        (ExitKind.KILLED, Cause.KILLED, None),
        (ExitKind.STOPPED, Cause.KILLED, None),
        (ExitKind.CRASHED, Cause.STEP, "WORKER_CRASHED"),
        (ExitKind.EXITED, Cause.STEP, "WORKER_EXITED"),
        (ExitKind.MEMORY_LIMIT, Cause.STEP, "MEMORY_LIMIT"),
        (ExitKind.UNRESPONSIVE, Cause.STEP, "STEP_UNRESPONSIVE"),
    ],
)
async def test_how_the_process_ended_says_whose_doing_it_was(
    slot: Slot, kind: ExitKind, cause: Cause, code: str | None
) -> None:
    key = await lost_step(slot, "gated", pid=4711)
    await slot.batches.process_exited(BATCH, 4711, ProcessExit(kind, message="came to its end"), datetime.now(UTC))

    found = await call(slot.process(pid=4712).execution.reconcile, reconcile_request("gated", "old"))

    row = await slot.journal.find(key)
    assert (found.finding, found.cause, found.explanation) == (Finding.INTERRUPTED, cause, "came to its end")
    assert (found.report.fault if found.report else None) == (
        StepFault(code=code, message="came to its end", severity=Severity.CRITICAL) if code else None
    )
    assert row is not None
    assert row.status is StepState.INTERRUPTED


async def test_an_end_that_nobody_saw_has_an_unknown_cause(slot: Slot) -> None:
    await lost_step(slot, "gated", pid=4711)
    # Of another process: it says nothing about this one.
    crash = ProcessExit(ExitKind.CRASHED, message="crashed with SIGSEGV")
    await slot.batches.process_exited(BATCH, 17, crash, datetime.now(UTC))

    found = await call(slot.process(pid=4712).execution.reconcile, reconcile_request("gated", "old"))

    assert (found.finding, found.cause, found.report) == (Finding.INTERRUPTED, Cause.UNKNOWN, None)
    assert found.explanation == "nobody saw the batch's process end: a power cut, or it has no supervisor"


# Long steps


async def test_a_segment_goes_on_where_the_one_before_left_off(slot: Slot) -> None:
    process = slot.process(clock=LeapingClock())
    token = (await process.open()).token

    first = await call(process.execution.run_step, step_request("soak", token))
    second = await call(process.execution.run_step, step_request("soak", token, segment=2))

    row = await slot.row("soak")
    assert (first.finished, second.finished) == (False, True)
    assert second.elapsed == timedelta(seconds=200)
    assert row is not None
    assert (row.segments_done, row.status) == (2, StepState.COMPLETED)


async def test_an_attempt_goes_on_where_the_one_that_was_cut_off_left_off(slot: Slot) -> None:
    key = await lost_step(slot, "soak", elapsed=timedelta(seconds=150), state={"ticks": 15})
    await slot.journal.interrupt_step(key, "cut off", datetime.now(UTC))
    process = slot.process(pid=2, clock=LeapingClock())
    token = (await process.open()).token

    report = await call(process.execution.run_step, step_request("soak", token, attempt=2))

    row = await slot.row("soak", attempt=2)
    assert report.finished
    assert report.elapsed == timedelta(seconds=200)
    assert row is not None
    ticks = row.state["ticks"]
    assert isinstance(ticks, int)
    assert 15 < ticks <= 20


async def test_what_an_earlier_attempt_had_done_is_safe_before_the_first_checkpoint(slot: Slot) -> None:
    key = await lost_step(slot, "soak", elapsed=timedelta(seconds=150), state={"ticks": 15})
    await slot.journal.interrupt_step(key, "cut off", datetime.now(UTC))
    process = slot.process(pid=2)  # with the machine's own time it will not come to a tick
    token = (await process.open()).token

    running, environment = begin(process.execution.run_step, step_request("soak", token, attempt=2))
    await slot.called("soak")
    row = await slot.row("soak", attempt=2)
    environment.cancel(STOPPED)
    await running

    assert row is not None
    assert (row.elapsed, row.state) == (timedelta(seconds=150), {"ticks": 15})


async def test_an_attempt_goes_on_where_the_one_that_ended_in_an_error_left_off(slot: Slot) -> None:
    process = slot.process(clock=LeapingClock())
    token = (await process.open()).token
    slot.tell("hiccup")

    first = await call(process.execution.run_step, step_request("soak", token))
    (slot.folder / "hiccup").unlink()
    second = await call(process.execution.run_step, step_request("soak", token, attempt=2))
    third = await call(process.execution.run_step, step_request("soak", token, attempt=2, segment=2))

    row = await slot.row("soak", attempt=2)
    assert (first.outcome, first.elapsed) == (Outcome.ERROR, timedelta(seconds=40))
    assert (second.finished, second.elapsed) == (False, timedelta(seconds=140))
    assert (third.outcome, third.elapsed) == (Outcome.PASSED, timedelta(seconds=200))
    assert row is not None
    assert row.state == {"ticks": 21}


async def test_hours_of_a_step_that_ended_in_an_error_are_there_in_a_session_that_is_opened_anew(slot: Slot) -> None:
    before = slot.process(clock=LeapingClock())
    slot.tell("hiccup")
    failed = await call(before.execution.run_step, step_request("soak", (await before.open()).token))
    (slot.folder / "hiccup").unlink()

    process = slot.process(pid=2, clock=LeapingClock())
    token = (await process.open()).token
    measured = await call(process.execution.run_step, step_request("gated", token, timeout=timedelta()))
    report = await call(process.execution.run_step, step_request("soak", token, attempt=2))

    row = await slot.row("gated")
    assert failed.outcome is Outcome.ERROR
    assert measured.outcome is Outcome.ERROR
    assert row is not None
    assert row.state == {}  # a step that ended in an error leaves nothing to the others
    assert report.elapsed == timedelta(seconds=140)


async def test_an_attempt_after_one_with_a_verdict_begins_anew(slot: Slot) -> None:
    process = slot.process(clock=LeapingClock())
    token = (await process.open()).token
    for segment in (1, 2):
        await call(process.execution.run_step, step_request("soak", token, segment=segment))

    report = await call(process.execution.run_step, step_request("soak", token, attempt=2))

    assert (report.finished, report.elapsed) == (False, timedelta(seconds=100))


async def test_an_attempt_of_another_round_begins_anew(slot: Slot) -> None:
    key = await lost_step(slot, "soak", elapsed=timedelta(seconds=150), state={"ticks": 15})
    await slot.journal.interrupt_step(key, "cut off", datetime.now(UTC))
    process = slot.process(pid=2, clock=LeapingClock())
    token = (await process.open()).token

    report = await call(process.execution.run_step, step_request("soak", token, attempt=2, round=2))

    assert not report.finished


async def test_an_attempt_of_a_step_that_sets_something_up_begins_anew(slot: Slot) -> None:
    key = await lost_step(slot, "soak", elapsed=timedelta(seconds=150), state={"ticks": 15})
    await slot.journal.interrupt_step(key, "cut off", SystemClock().now())
    process = slot.process(pid=2, clock=LeapingClock())
    steps = [step.model_copy(update={"rearm": True}) for step in process.plan.steps]
    process.plan = process.plan.model_copy(update={"steps": tuple(steps)})
    token = (await process.open()).token

    report = await call(process.execution.run_step, step_request("soak", token, attempt=2))

    assert not report.finished


# Fencing


async def test_an_old_token_is_refused_before_anything_is_touched(slot: Slot) -> None:
    process = slot.process()
    await process.open()
    calls = slot.calls

    with pytest.raises(ApplicationError) as caught:
        await call(process.execution.run_step, step_request("measure", "token-0"))

    assert (caught.value.type, caught.value.non_retryable) == ("SESSION_LOST", True)
    assert slot.calls == calls
    assert await slot.row("measure") is None


async def test_a_zombie_that_thinks_it_holds_the_session_is_refused_before_anything_is_touched(slot: Slot) -> None:
    zombie = slot.process(pid=1)
    token = (await zombie.open()).token
    await slot.process(pid=2).open()
    calls = slot.calls

    with pytest.raises(ApplicationError) as caught:
        await call(zombie.execution.run_step, step_request("measure", token))

    assert caught.value.type == "SESSION_LOST"
    assert slot.calls == calls
    assert await slot.row("measure") is None


async def test_the_result_of_a_zombie_is_refused_and_it_ends(slot: Slot) -> None:
    zombie = slot.process(pid=1)
    token = (await zombie.open()).token
    running, _ = begin(zombie.execution.run_step, step_request("gated", token))
    await slot.called("gated")
    successor = slot.process(pid=2)
    await successor.open()

    slot.tell("go")
    with pytest.raises(ProcessEnded) as caught:
        await running
    found = await call(successor.execution.reconcile, reconcile_request("gated", token))

    assert caught.value.code == EXIT_FENCED
    assert found.finding is Finding.INTERRUPTED


async def test_a_checkpoint_of_a_zombie_is_refused_without_ado(slot: Slot, caplog: pytest.LogCaptureFixture) -> None:
    clock = LeapingClock()
    zombie = slot.process(pid=1, clock=clock)
    token = (await zombie.open()).token
    clock.held = True
    running, _ = begin(zombie.execution.run_step, step_request("soak", token))
    await slot.called("soak")

    await slot.process(pid=2).open()
    clock.held = False
    await until(lambda: "checkpoint refused" in caplog.text, "a refused checkpoint")
    with pytest.raises(ProcessEnded):
        await running

    row = await slot.row("soak")
    assert row is not None
    assert row.status is StepState.RUNNING


# Unresponsive


async def test_a_step_that_does_not_yield_is_written_as_an_error_before_the_process_ends(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    request = step_request("deaf", token, timeout=timedelta(milliseconds=50), grace=timedelta(milliseconds=50))

    with pytest.raises(ProcessEnded) as caught:
        await call(process.execution.run_step, request)

    row = await slot.row("deaf")
    assert caught.value.code == EXIT_UNRESPONSIVE
    assert row is not None
    assert row.result is not None
    assert row.result.report.outcome is Outcome.ERROR
    assert row.result.report.fault == StepFault(
        code="STEP_UNRESPONSIVE",
        message="step deaf did not yield within 0.05 s after its time was used up",
        severity=Severity.CRITICAL,
    )
    assert timedelta(milliseconds=90) < row.result.report.elapsed < timedelta(seconds=5)


async def test_a_soak_that_does_not_yield_was_powered_as_long_as_its_checkpoints_say(slot: Slot) -> None:
    slot.tell("stuck")
    process = slot.process(clock=LeapingClock())
    token = (await process.open()).token
    request = step_request("soak", token, timeout=timedelta(seconds=1), grace=timedelta(milliseconds=50))

    with pytest.raises(ProcessEnded):
        await call(process.execution.run_step, request)

    row = await slot.row("soak")
    assert row is not None
    assert row.result is not None
    assert row.result.report.elapsed == timedelta(seconds=40)  # the fifth tick has not ended


async def lost_step(
    slot: Slot,
    step: str,
    pid: int = 1,
    elapsed: timedelta = timedelta(),
    state: dict[str, object] | None = None,
) -> StepKey:
    """Leave a step behind that a process began and did not live to end."""
    key, now = StepKey(RUN, step), SystemClock().now()
    await slot.journal.claim_session(BATCH, "old", RUN, slot.plan.package, {}, now)
    await slot.journal.begin_step(
        key, batch=BATCH, session="old", index=0, round=1, segment=1, task_token=b"lost", pid=pid, at=now
    )
    if elapsed:
        await slot.journal.checkpoint(key, "old", elapsed, dict(state or {}), now)  # type: ignore[arg-type]
    return key
