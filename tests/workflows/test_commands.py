"""In each state, a run takes only the commands that the table allows there."""

from collections.abc import Awaitable, Callable

import pytest
from temporalio.client import WorkflowUpdateFailedError

from station.domain.outcome import RunState
from station.domain.plan import Plan, RecoveryMode
from station.domain.run import RunStatus
from station.domain.transitions import RunCommand, is_allowed
from tests.workflows.fakes import is_cut_off, until_released
from tests.workflows.stage import (
    Handle,
    Stage,
    choose,
    ended,
    goto,
    pause,
    plan,
    reaches,
    resume,
    skip,
    step,
    stop,
    until,
)

OFF = step("off", cleanup=True)
PLAN = plan(step("a"), step("b"), step("c"), OFF)
COMMANDS: dict[RunCommand, Callable[[Handle], Awaitable[RunStatus]]] = {
    RunCommand.PAUSE: pause,
    RunCommand.RESUME: resume,
    RunCommand.SKIP: lambda run: skip(run, "c"),
    RunCommand.GOTO: lambda run: goto(run, "a"),
    RunCommand.RECOVER: lambda run: choose(run, "resume"),
}


async def runs(stage: Stage) -> Handle:
    stage.slot.scenes["b"] = [until_released()]
    run = await stage.start(PLAN)
    await until(lambda: "b" in stage.slot.under_way)
    return run


async def is_paused(stage: Stage) -> Handle:
    run = await runs(stage)
    await pause(run)
    stage.slot.released.set()
    await reaches(run, RunState.PAUSED)
    return run


async def asks(stage: Stage) -> Handle:
    stage.slot.scenes["b"] = [is_cut_off()]
    policy = {"policy": PLAN.policy.model_copy(update={"recovery_mode": RecoveryMode.ASK})}
    run = await stage.start(Plan.model_validate({**PLAN.model_dump(), **policy}))
    await reaches(run, RunState.INTERRUPTED)
    return run


async def cleans_up(stage: Stage) -> Handle:
    stage.slot.scenes["off"] = [until_released()]
    run = await stage.start(PLAN)
    await until(lambda: "off" in stage.slot.under_way)
    return run


@pytest.mark.parametrize("command", sorted(COMMANDS))
@pytest.mark.parametrize(
    ("given", "state", "refused"),
    [
        (runs, RunState.RUNNING, {RunCommand.RESUME, RunCommand.RECOVER}),
        (is_paused, RunState.PAUSED, {RunCommand.PAUSE, RunCommand.RECOVER}),
        (asks, RunState.INTERRUPTED, {RunCommand.RESUME}),
        (cleans_up, RunState.CLEANING_UP, set(COMMANDS)),
    ],
)
async def test_a_run_takes_what_the_table_allows(
    stage: Stage,
    given: Callable[[Stage], Awaitable[Handle]],
    state: RunState,
    refused: set[RunCommand],
    command: RunCommand,
) -> None:
    async with stage.engine(), stage.process():
        run = await given(stage)
        try:
            await COMMANDS[command](run)
            taken = True
        except WorkflowUpdateFailedError:
            taken = False
        await stop(run)
        stage.slot.released.set()
        await ended(run)

    assert taken == (command not in refused)
    assert is_allowed(command, state) or not taken
