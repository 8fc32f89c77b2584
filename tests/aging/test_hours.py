"""Eight hours of aging in seconds, with the batch's process lost in the middle.

Steps and chamber share a clock whose time passes as soon as somebody waits for it; what the workflow itself waits for
is skipped by the server (time skipping V2, which leaves activities alone).
"""

from datetime import timedelta

from temporalio.client import WorkflowExecutionStatus

from station.domain.outcome import Outcome, StepState
from station.domain.run import StepResult
from station.hardware.simulation.witness import energised, read_log
from station.storage.steps import StepRecord
from tests.aging.conftest import Oven, OvenMaker

SUMMARY = [
    "temperature_min",
    "temperature_max",
    "temperature_mean",
    "current_min",
    "current_max",
    "current_mean",
    "samples",
    "lost_samples",
]


async def test_eight_hours_survive_the_loss_of_the_process_in_the_middle(make_oven: OvenMaker) -> None:
    async with make_oven() as oven:
        run_id = await oven.start_run(soak_hours=8, sample_seconds=60)
        await oven.lose_process(run_id, after_segments=20)

        end = await oven.end()
        steps = await attempts(oven, run_id)
        run = await oven.runs.get(run_id)
        before, soak = steps["soak", 1], steps["soak", 2]

        assert end.outcome is Outcome.PASSED, end.reason
        assert run is not None
        assert (run.recoveries, run.hardware_safe) == (1, True)
        assert (before.status, soak.status) == (StepState.INTERRUPTED, StepState.COMPLETED)
        # Powered time is counted once, and the hour without power not at all: nine hours were granted for everything.
        assert timedelta(hours=3, minutes=20) <= before.elapsed < timedelta(hours=8)
        assert soak.elapsed == timedelta(hours=8)
        assert before.segments_done + soak.segments_done in {48, 49}
        assert [measurement.name for measurement in result(soak).measurements] == SUMMARY
        assert value(soak, "samples") == 8 * 60 + 1
        assert value(soak, "lost_samples") == 0
        assert {key for key in steps if key[1] == 2} == {("heat_up", 2), ("load_on", 2), ("soak", 2)}
        assert energised(read_log(oven.bench.settings.log_path), "slot_1")[-1].end is not None


async def test_a_history_that_is_cut_again_and_again_keeps_attempts_and_results(make_oven: OvenMaker) -> None:
    async with make_oven(**{"limit.historyCount.suggestContinueAsNew": "50"}) as oven:
        run_id = await oven.start_run(soak_hours=1, sample_seconds=60)
        await oven.lose_process(run_id, after_segments=2)

        end = await oven.end()
        steps = await attempts(oven, run_id)
        histories = await chain(oven, run_id)
        status = await oven.handle.query("status")

        assert end.outcome is Outcome.PASSED, end.reason
        assert len(histories) >= 2
        assert histories[:-1] == [WorkflowExecutionStatus.CONTINUED_AS_NEW] * (len(histories) - 1)
        assert set(steps) == {
            ("heat_up", 1), ("heat_up", 2), ("load_on", 1), ("load_on", 2), ("soak", 1), ("soak", 2),
            ("load_off", 1), ("heater_off", 1),
        }  # fmt: skip
        assert steps["soak", 2].elapsed == timedelta(hours=1)
        assert [measurement.name for measurement in result(steps["soak", 2]).measurements] == SUMMARY
        assert {step["name"]: (step["attempt"], step["outcome"]) for step in status["steps"]} == {
            "heat_up": (2, "PASSED"),
            "load_on": (2, "PASSED"),
            "soak": (2, "PASSED"),
            "load_off": (1, "PASSED"),
            "heater_off": (1, "PASSED"),
        }
        assert status["recoveries"] == 1


async def attempts(oven: Oven, run_id: str) -> dict[tuple[str, int], StepRecord]:
    return {(record.key.step, record.key.attempt): record for record in await oven.steps(run_id)}


async def chain(oven: Oven, run_id: str) -> list[WorkflowExecutionStatus | None]:
    """How each history of the run ended, in order."""
    run = await oven.runs.get(run_id)
    assert run is not None
    following, found = run.temporal_run_id, []
    while following:
        handle = oven.client.get_workflow_handle(run.workflow_id or "", run_id=following)
        found.append((await handle.describe()).status)
        last = (await handle.fetch_history()).events[-1]
        following = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return found


def result(record: StepRecord) -> StepResult:
    assert record.result is not None
    return record.result


def value(record: StepRecord, name: str) -> int:
    found = next(measurement.value for measurement in result(record).measurements if measurement.name == name)
    assert isinstance(found, int)
    return found
