"""A bug in the interpreter itself: the hardware is made safe, the result is written, and it is nobody's verdict."""

from datetime import timedelta

from station.domain.outcome import Outcome
from tests.workflows.fakes import errs, fails, until_released
from tests.workflows.stage import Stage, ended, plan, step, until

FOR_EVER = timedelta.max
"""A time that a plan can hold and nothing can be added to: what uses it raises in the middle of the interpreter."""


async def test_it_cleans_up_and_ends_the_run_as_an_error(stage: Stage) -> None:
    end = await stage.run(
        plan(step("a"), step("b", timeout=FOR_EVER), step("c"), step("off", cleanup=True), timeout_sequence=FOR_EVER)
    )

    assert stage.slot.calls == ["open run", "a:1", "off:1", "close"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert end.reason.code == "INTERNAL_ERROR"
    assert end.reason.message.startswith("The station's own interpreter failed: ")
    assert stage.recorder.result.hardware_safe


async def test_it_lets_the_steps_beside_it_end_before_it_cleans_up(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    stage.slot.scenes["b"] = [errs()]
    async with stage.engine(), stage.process():
        run = await stage.start(
            plan(
                step("a", needs=(), uses=("dmm",), retry=3),
                step("b", needs=(), uses=("psu",), on_error="warning"),
                step("c", needs=("b",), uses=("psu",), timeout=FOR_EVER),
                step("off", cleanup=True),
                timeout_sequence=FOR_EVER,
            )
        )
        end = await ended(run)

    assert stage.slot.under_way == set()
    assert sorted(stage.slot.calls[1:3]) == ["a:1", "b:1"]
    assert stage.slot.calls[3:] == ["off:1", "close"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert end.reason.code == "INTERNAL_ERROR"


async def test_it_outranks_a_stop_and_a_bad_unit(stage: Stage) -> None:
    stage.slot.scenes["a"] = [fails()]

    end = await stage.run(plan(step("a", on_fail="continue"), step("b", timeout=FOR_EVER), timeout_sequence=FOR_EVER))

    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert end.reason.code == "INTERNAL_ERROR"


async def test_in_cleanup_it_still_writes_the_result_and_says_that_nothing_is_safe(stage: Stage) -> None:
    end = await stage.run(plan(step("a"), step("off", cleanup=True, timeout=FOR_EVER)))

    assert stage.slot.calls == ["open run", "a:1"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert end.reason.code == "INTERNAL_ERROR"
    assert not stage.recorder.result.hardware_safe


async def test_a_pause_that_would_grow_beyond_all_bounds_is_no_bug(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs() for _ in range(12)]
    eager = step("a", retry=12)
    pauses = eager.retry.model_copy(
        update={"backoff": timedelta(days=999_999), "backoff_max": timedelta(milliseconds=1)}
    )

    end = await stage.run(plan(eager.model_copy(update={"retry": pauses})))

    assert stage.slot.calls[-2:] == ["a:13", "close"]
    assert end.outcome is Outcome.PASSED


async def test_it_does_not_take_the_slot_with_it(stage: Stage) -> None:
    async with stage.engine(), stage.process():
        await ended(await stage.start(plan(step("a", timeout=FOR_EVER), timeout_sequence=FOR_EVER)))

        end = await ended(await stage.start(plan(step("a"))))
        await until(lambda: len(stage.recorder.results) == 2)

    assert end.outcome is Outcome.PASSED
