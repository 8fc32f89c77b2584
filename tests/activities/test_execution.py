"""Steps on a slot: written down before and after, attended to their end, fenced, and explained when they are lost."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from station.contracts.messages import Cause, Finding, Reconciled
from station.domain.outcome import Outcome, StepState
from station.domain.run import StepReport
from station.storage.batches import ExitKind
from station.storage.journal import StepKey
from tests.activities.conftest import RUN, Bay, ProcessEnded, until


async def test_a_step_is_written_down_with_its_result_before_anybody_hears_of_it(bay: Bay) -> None:
    process = bay.process()
    opened = await process.open(bay.plan)

    report = await process.run(bay.request(opened, "quick"))

    record = await bay.find("quick")
    assert (report.step, report.attempt, report.outcome) == ("quick", 1, Outcome.PASSED)
    assert (record.status, record.worker_pid, record.session) == (StepState.COMPLETED, process.pid, opened.token)
    assert record.result is not None
    assert record.result.report == report
    assert [(made.name, made.value) for made in record.result.measurements] == [("volts", 5.0), ("answer", 42)]
    assert record.result.values["answer"] == 42
    assert record.result.state == {"seen": True}


async def test_a_step_is_written_down_before_it_touches_anything(bay: Bay) -> None:
    process = bay.process()
    opened = await process.open(bay.plan)

    call = bay.begin(process, bay.request(opened, "slow"))
    await bay.until_there("slow")
    before = await bay.find("slow")
    bay.touch("go")
    await call.task

    assert (before.status, before.worker_pid, before.task_token) == (StepState.RUNNING, process.pid, b"test")


async def test_what_the_code_raises_is_part_of_the_report(bay: Bay) -> None:
    process = bay.process()
    opened = await process.open(bay.plan)

    report = await process.run(bay.request(opened, "broken"))

    assert report.outcome is Outcome.ERROR
    assert report.fault is not None
    assert (report.fault.code, report.fault.message) == ("STEP_RECOVERABLE", "it does not work")


async def test_cleanup_is_a_step_like_any_other(bay: Bay) -> None:
    process = bay.process()
    opened = await process.open(bay.plan)

    report = await ActivityEnvironment().run(process.execution.cleanup, bay.request(opened, "off"))

    assert report.outcome is Outcome.PASSED
    assert (await bay.find("off")).status is StepState.COMPLETED


async def test_a_step_whose_activity_is_lost_goes_on_and_is_attended_to_its_end(bay: Bay) -> None:
    process = bay.process()
    opened = await process.open(bay.plan)
    request = bay.request(opened, "slow")
    call = bay.begin(process, request)
    await bay.until_there("slow")

    call.lose()
    with pytest.raises(asyncio.CancelledError):
        await call.task
    attending = asyncio.ensure_future(process.reconcile(request))
    bay.touch("go")
    found = await attending

    assert isinstance(found, Reconciled)
    assert (found.finding, found.session_alive) == (Finding.FINISHED, True)
    assert found.report is not None
    assert found.report.outcome is Outcome.PASSED
    assert bay.times("slow") == 1


async def test_a_step_given_out_twice_runs_once(bay: Bay) -> None:
    process = bay.process()
    opened = await process.open(bay.plan)
    request = bay.request(opened, "slow")

    calls = [bay.begin(process, request), bay.begin(process, request)]
    attending = asyncio.ensure_future(process.reconcile(request))
    await bay.until_there("slow")
    bay.touch("go")
    reports = [await call.task for call in calls]
    found = await attending

    assert reports[0] == reports[1]
    assert isinstance(found, Reconciled)
    assert found.report == reports[0]
    assert bay.times("slow") == 1


async def test_a_stopped_step_yields_and_has_a_result(bay: Bay) -> None:
    process = bay.process()
    opened = await process.open(bay.plan)
    call = bay.begin(process, bay.request(opened, "slow"))
    await bay.until_there("slow")

    call.stop()
    report = await call.task

    assert report.outcome is Outcome.ABORTED
    assert (await bay.find("slow")).status is StepState.FAILED


async def test_a_step_cut_off_because_its_process_ends_has_no_result_and_is_nobodys_fault(bay: Bay) -> None:
    process = bay.process()
    opened = await process.open(bay.plan)
    request = bay.request(opened, "slow")
    call = bay.begin(process, request)
    await bay.until_there("slow")

    call.shut_down()
    with pytest.raises(ApplicationError) as lost:
        await call.task
    # Seen from outside, a process that was told to end looks like one that ended by itself.
    await bay.dies(process, ExitKind.EXITED, "ended by itself with exit code 0")
    found = await bay.process().reconcile(request)

    assert lost.value.type == "WorkerShutdown"
    assert (await bay.find("slow")).status is StepState.INTERRUPTED
    assert found == Reconciled(
        finding=Finding.INTERRUPTED, cause=Cause.KILLED, explanation="the batch's process was shut down"
    )


async def test_a_step_that_does_not_yield_ends_its_process_with_its_fault_written_down(bay: Bay) -> None:
    process = bay.process()
    opened = await process.open(bay.plan)
    call = bay.begin(process, bay.request(opened, "stubborn"))
    await bay.until_there("stubborn")

    call.stop()
    with pytest.raises(ProcessEnded) as ended:
        await call.task

    record = await bay.find("stubborn")
    assert ended.value.code == 70
    assert record.result is not None
    assert record.result.report.fault is not None
    assert record.result.report.fault.code == "STEP_UNRESPONSIVE"


# Fencing


async def test_an_old_token_is_refused_by_the_new_process_before_anything_is_touched(bay: Bay) -> None:
    old = await bay.process().open(bay.plan)
    new_process = bay.process()
    await new_process.open(bay.plan)

    with pytest.raises(ApplicationError) as refused:
        await new_process.run(bay.request(old, "quick"))

    assert (refused.value.type, refused.value.non_retryable) == ("SESSION_LOST", True)
    assert bay.times("quick") == 0


async def test_a_zombie_is_refused_by_the_journal_before_anything_is_touched(bay: Bay) -> None:
    zombie = bay.process()
    opened = await zombie.open(bay.plan)
    await bay.process().open(bay.plan)

    with pytest.raises(ApplicationError) as refused:
        await zombie.run(bay.request(opened, "quick"))

    assert (refused.value.type, refused.value.non_retryable) == ("SESSION_LOST", True)
    assert bay.times("quick") == 0


async def test_a_zombie_whose_step_ends_too_late_ends_itself_and_writes_nothing(bay: Bay) -> None:
    zombie = bay.process()
    opened = await zombie.open(bay.plan)
    request = bay.request(opened, "slow")
    call = bay.begin(zombie, request)
    await bay.until_there("slow")
    await bay.dies(zombie, ExitKind.KILLED)
    successor = bay.process()
    await successor.open(bay.plan)
    await successor.reconcile(request)

    bay.touch("go")
    with pytest.raises(ProcessEnded) as ended:
        await call.task

    assert ended.value.code == 71
    assert (await bay.find("slow")).status is StepState.INTERRUPTED


async def test_a_step_nobody_planned_is_refused(bay: Bay) -> None:
    process = bay.process()
    opened = await process.open(bay.plan)

    with pytest.raises(LookupError, match="the plan has no step 'nothing'"):
        await process.run(bay.request(opened, "nothing"))


# What became of it


async def test_a_step_that_was_never_begun_never_started(bay: Bay) -> None:
    process = bay.process()
    opened = await process.open(bay.plan)

    found = await process.reconcile(bay.request(opened, "quick"))

    assert found == Reconciled(finding=Finding.NEVER_STARTED, session_alive=True)


async def test_a_step_whose_result_is_written_has_finished(bay: Bay) -> None:
    process = bay.process()
    request = bay.request(await process.open(bay.plan), "quick")
    report = await process.run(request)

    found = await bay.process().reconcile(request)

    assert found == Reconciled(finding=Finding.FINISHED, report=report)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ExitKind.CRASHED, "WORKER_CRASHED"),
        (ExitKind.EXITED, "WORKER_EXITED"),
        (ExitKind.MEMORY_LIMIT, "MEMORY_LIMIT"),
        (ExitKind.UNRESPONSIVE, "STEP_UNRESPONSIVE"),
    ],
)
async def test_an_end_that_is_the_steps_own_doing_is_its_fault(bay: Bay, kind: ExitKind, code: str) -> None:
    process = bay.process()
    request = bay.request(await process.open(bay.plan), "slow")
    call = bay.begin(process, request)
    await bay.until_there("slow")
    await bay.dies(process, kind, "what was seen")

    found = await bay.process().reconcile(request)
    call.task.cancel()

    assert isinstance(found, Reconciled)
    assert (found.finding, found.cause, found.explanation) == (Finding.INTERRUPTED, Cause.STEP, "what was seen")
    assert isinstance(found.report, StepReport)
    assert found.report.outcome is Outcome.ERROR
    assert found.report.fault is not None
    assert (found.report.fault.code, found.report.fault.message) == (code, "what was seen")


@pytest.mark.parametrize("kind", [ExitKind.KILLED, ExitKind.STOPPED])
async def test_an_end_from_outside_is_not_the_steps_fault(bay: Bay, kind: ExitKind) -> None:
    process = bay.process()
    request = bay.request(await process.open(bay.plan), "slow")
    call = bay.begin(process, request)
    await bay.until_there("slow")
    await bay.dies(process, kind)

    found = await bay.process().reconcile(request)
    call.task.cancel()

    assert found == Reconciled(finding=Finding.INTERRUPTED, cause=Cause.KILLED, explanation="was killed by SIGKILL")
    assert (await bay.find("slow")).status is StepState.INTERRUPTED


async def test_an_end_nobody_saw_is_unknown(bay: Bay) -> None:
    before, process = bay.process(), bay.process()
    request = bay.request(await process.open(bay.plan), "slow")
    call = bay.begin(process, request)
    await bay.until_there("slow")
    await bay.dies(before, ExitKind.CRASHED, "another process's end")

    found = await bay.process().reconcile(request)
    call.task.cancel()

    assert isinstance(found, Reconciled)
    assert (found.cause, found.report) == (Cause.UNKNOWN, None)
    assert found.explanation == "nobody saw the batch's process end: a power cut, or it has no supervisor"


# Long steps


async def test_a_long_step_ends_a_segment_and_goes_on_in_the_next_one(bay: Bay) -> None:
    process = bay.process()
    opened = await process.open(bay.plan)
    reports = []

    while not reports or not reports[-1].finished:
        reports.append(await process.run(bay.request(opened, "soak", segment=len(reports) + 1)))

    record = await bay.find("soak")
    assert len(reports) >= 3
    assert reports[-1].elapsed == timedelta(seconds=0.5)
    assert (record.status, record.segments_done) == (StepState.COMPLETED, len(reports))


async def test_a_segment_that_ended_unreported_is_found_and_the_next_one_never_started(bay: Bay) -> None:
    process = bay.process()
    opened = await process.open(bay.plan)
    request = bay.request(opened, "soak")
    report = await process.run(request)

    ended = await bay.process().reconcile(request)
    following = await bay.process().reconcile(request.model_copy(update={"segment": 2}))

    assert isinstance(ended, Reconciled)
    assert (ended.finding, ended.report) == (Finding.FINISHED, report)
    assert isinstance(following, Reconciled)
    assert following.finding is Finding.NEVER_STARTED


async def test_a_long_step_that_was_cut_off_goes_on_from_its_last_checkpoint_however_often(bay: Bay) -> None:
    elapsed = []
    bay.touch("hold")
    for attempt in (1, 2, 3):
        process = bay.process()
        request = bay.request(await process.open(bay.plan), "soak", attempt=attempt)
        call = bay.begin(process, request)
        await _until_elapsed(bay, "soak", attempt, timedelta(seconds=0.05))
        await bay.dies(process, ExitKind.KILLED)
        await bay.process().reconcile(request)
        elapsed.append((await bay.find("soak", attempt)).elapsed)
        call.task.cancel()
    bay.untouch("hold")

    process = bay.process()
    opened = await process.open(bay.plan)
    report = await process.run(bay.request(opened, "soak", attempt=4))

    assert elapsed[0] > timedelta()
    assert elapsed == sorted(elapsed)
    assert report.elapsed > elapsed[-1]


async def test_a_step_that_sets_something_up_begins_anew_after_it_was_cut_off(bay: Bay) -> None:
    assert await _elapsed_at_the_start_of_the_next_attempt(bay, "heat") == timedelta()


async def test_a_long_step_begins_anew_when_the_run_does(bay: Bay) -> None:
    assert await _elapsed_at_the_start_of_the_next_attempt(bay, "soak", round=2) == timedelta()


async def test_a_long_step_keeps_what_it_had_done_before_its_first_checkpoint(bay: Bay) -> None:
    assert await _elapsed_at_the_start_of_the_next_attempt(bay, "soak") > timedelta()


async def _elapsed_at_the_start_of_the_next_attempt(bay: Bay, step: str, **more: object) -> timedelta:
    bay.touch("hold")
    process = bay.process()
    request = bay.request(await process.open(bay.plan), step)
    call = bay.begin(process, request)
    await _until_elapsed(bay, step, 1, timedelta(seconds=0.05))
    await bay.dies(process, ExitKind.KILLED)
    await bay.process().reconcile(request)
    call.task.cancel()
    successor = bay.process()
    opened = await successor.open(bay.plan)
    bay.untouch("hold")
    begun = bay.begin(successor, bay.request(opened, step, attempt=2, **more))
    await until(lambda: bool(successor.hardware.live))
    elapsed = (await bay.find(step, 2)).elapsed
    await begun.task
    return elapsed


async def _until_elapsed(bay: Bay, step: str, attempt: int, least: timedelta) -> None:
    for _ in range(1000):
        record = await bay.journal.find(StepKey(RUN, step, attempt))
        if record is not None and record.elapsed >= least:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{step} does not get that far")
