"""What a run shows while it goes: to those who ask it, in Temporal's own UI, and in the search attributes."""

import asyncio
from datetime import timedelta

from temporalio.worker import Replayer

from station.contracts import search
from station.domain.outcome import Outcome, RunState, StepState
from station.domain.run import StepView
from tests.workflows.fakes import errs, fails, passes, until_released
from tests.workflows.stage import Stage, details, ended, plan, shows, status, step, until
from worker import build

SECONDS = timedelta(seconds=1)


async def test_a_run_tells_where_each_of_its_steps_is(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(), passes(elapsed=1.25)]
    stage.slot.scenes["b"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(
            plan(step("a", title="Power on", retry=1), step("b"), step("c"), step("off", cleanup=True))
        )
        await until(lambda: "b" in stage.slot.under_way)

        now = await status(run)
        stage.slot.released.set()
        await ended(run)
        after = await status(run)

    assert now.model_dump(exclude={"steps"}) == {
        "run_id": "RUN1",
        "batch": "slot_1",
        "state": RunState.RUNNING,
        "outcome": None,
        "reason": None,
        "current": ("b",),
        "progress": 0.25,
        "waiting_for": "",
        "waiting": None,
        "choices": (),
        "recoveries": 0,
        "stopped_by": None,
        "prompts": (),
    }
    assert now.steps == (
        StepView(
            name="a",
            title="Power on",
            index=0,
            attempt=2,
            state=StepState.COMPLETED,
            outcome=Outcome.PASSED,
            elapsed=1.25 * SECONDS,
        ),
        StepView(name="b", index=1, attempt=1, state=StepState.RUNNING),
        StepView(name="c", index=2),
        StepView(name="off", index=3),
    )
    assert (after.state, after.outcome, after.progress, after.current) == (RunState.COMPLETED, Outcome.PASSED, 1.0, ())


async def test_a_step_between_two_attempts_shows_the_fault_of_the_last_one(stage: Stage) -> None:
    slowly = step("a", retry=1)
    slowly = slowly.model_copy(
        update={"retry": slowly.retry.model_copy(update={"backoff": SECONDS, "backoff_max": SECONDS})}
    )
    stage.slot.scenes["a"] = [errs("HARDWARE_COMMUNICATION")]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(slowly))
        between = await shows(run, lambda now: now.steps[0].fault is not None)
        await ended(run)

    assert (between.steps[0].state, between.steps[0].attempt) == (StepState.RUNNING, 1)
    assert between.steps[0].fault is not None
    assert between.steps[0].fault.code == "HARDWARE_COMMUNICATION"


async def test_temporals_own_ui_reads_like_a_test_report(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(), passes(elapsed=1.25)]
    stage.slot.scenes["b"] = [fails("v_out", "ripple")]
    async with stage.engine(), stage.process():
        run = await stage.start(
            plan(step("a", title="Power on", retry=1), step("b"), step("c"), step("off", cleanup=True))
        )
        await ended(run)

        shown = await details(run)

    assert shown == (
        "**FAILED**\n"
        "\n"
        "| step | attempt | outcome | time |\n"
        "|---|---|---|---|\n"
        "| Power on | 2 | ✔ PASSED | 1.25 s |\n"
        "| b | 1 | ✘ FAILED | 0.00 s |\n"
        "| c |  |  |  |\n"
        "| off | 1 | ✔ PASSED | 0.00 s |\n"
        "\n"
        "STEP_FAILED: b: out of limits: v_out, ripple"
    )


async def test_temporals_own_ui_says_what_a_run_waits_for(stage: Stage) -> None:
    async with stage.engine():
        run = await stage.start(plan(step("a")))
        await shows(run, lambda now: now.state is RunState.WAITING_FOR_WORKER)

        shown = await details(run)
        async with stage.process():
            await ended(run)

    assert shown.splitlines()[0] == "**waiting_for_worker** · the batch's process: it is starting"
    assert shown.splitlines()[4] == "| a |  | running |  |"


async def test_the_table_is_drawn_again_while_the_run_goes_on(stage: Stage) -> None:
    stage.slot.scenes["b"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("b"), step("c"), step("d")))
        await until(lambda: "b" in stage.slot.under_way)
        stage.slot.scenes["c"] = [until_released()]
        first = await details(run)
        await asyncio.sleep(1.05)  # it is drawn once a second at the most
        stage.slot.released.set()
        await ended(run)

    assert "| b |  |  |  |" in first


async def test_a_run_can_be_found_by_its_state_and_outcome(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a")))
        await until(lambda: "a" in stage.slot.under_way)

        going = (await run.describe()).typed_search_attributes
        stage.slot.released.set()
        await ended(run)
        over = (await run.describe()).typed_search_attributes

    assert (going.get(search.STATE), going.get(search.OUTCOME)) == ("running", "")
    assert (over.get(search.STATE), over.get(search.OUTCOME)) == ("completed", "PASSED")


async def test_calls_read_as_what_they_do_in_the_history(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", title="Power on", retry=1), step("soak", segment=10)))
        await ended(run)
        history = await run.fetch_history()

    read = stage.client.data_converter.payload_converter.from_payload
    summaries = [
        read(event.user_metadata.summary)
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    assert [summary for summary in summaries if summary != "record state: cleaning_up"] == [
        "record acceptance",
        "open instruments",
        "Power on",
        "Power on · attempt 2",
        "soak · segment 1",
        "make safe and close",
        "record result: PASSED",
    ]


async def test_the_sandbox_the_station_runs_its_workflows_in_lets_a_run_live(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs()]
    async with stage.engine(build._RUNNER), stage.process():
        run = await stage.start(plan(step("a", retry=1), step("off", cleanup=True)))
        end = await ended(run)
        history = await run.fetch_history()

    assert end.outcome is Outcome.PASSED
    await Replayer(
        workflows=build.WORKFLOWS,
        workflow_runner=build._RUNNER,
        data_converter=stage.client.data_converter,
    ).replay_workflow(history)


async def test_an_engine_that_keeps_nothing_in_memory_carries_a_run_through(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs()]
    async with stage.engine(cached=0), stage.process():
        end = await ended(await stage.start(plan(step("a", retry=1), step("off", cleanup=True))))

    assert end.outcome is Outcome.PASSED


async def test_an_engine_that_is_replaced_in_the_middle_goes_on_where_the_last_one_was(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.process():
        async with stage.engine():
            run = await stage.start(plan(step("a"), step("b")))
            await until(lambda: "a" in stage.slot.under_way)
        stage.slot.released.set()
        async with stage.engine():
            end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "b:1", "close"]
    assert end.outcome is Outcome.PASSED
