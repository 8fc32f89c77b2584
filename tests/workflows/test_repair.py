"""What a run does about instruments that do not answer: they are connected again, then as the station says."""

from datetime import timedelta
from typing import Any

import pytest

from station.domain.outcome import Outcome, RunState
from station.domain.plan import HardwarePolicy, Plan, Severity, StepPlan
from tests.workflows.fakes import (
    breaks,
    cannot_open,
    dies,
    errs,
    fails,
    opens,
    passes,
    stays_away,
    until_released,
)
from tests.workflows.stage import (
    Stage,
    choose,
    ended,
    goto,
    pause,
    plan,
    reaches,
    resume,
    shows,
    skip,
    step,
    stop,
    until,
)

GONE = "HARDWARE_NOT_CONNECTED"
OFF = step("off", cleanup=True)


def repairing(*steps: StepPlan, **settings: Any) -> Plan:
    """Plan a run on a station that repairs; what is not said does not wait."""
    within = {"timeout_sequence": settings.pop("timeout_sequence")} if "timeout_sequence" in settings else {}
    given = {"attempts": 3, "delay": timedelta(milliseconds=10), "on_failure": "pause_wait", **settings}
    return plan(*steps, hardware_errors=HardwarePolicy.model_validate(given), **within)


# Bringing back


@pytest.mark.parametrize("code", ["HARDWARE_ERROR", "HARDWARE_NOT_CONNECTED", "HARDWARE_COMMUNICATION"])
async def test_a_step_whose_instrument_is_back_is_repeated_and_uses_up_no_retry(stage: Stage, code: str) -> None:
    stage.slot.scenes["b"] = [errs(code), errs("STEP_ERROR"), passes()]

    end = await stage.run(repairing(step("supply_on", rearm=True), step("b", retry=1), OFF))

    assert stage.slot.calls == [
        "open run", "supply_on:1", "b:1", "make safe", "reconnect", "supply_on:2", "b:2", "b:3", "off:1", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED
    assert [note.reason for note in stage.recorder.recoveries] == ["the instruments were connected again"]


async def test_a_long_step_goes_on_after_a_repair_and_counts_from_its_beginning(stage: Stage) -> None:
    stage.slot.scenes["soak"] = [passes(elapsed=60, finished=False), errs(GONE), passes(elapsed=100)]

    end = await stage.run(repairing(step("soak", segment=60), OFF, timeout_sequence=timedelta(seconds=130)))

    assert stage.slot.calls == [
        "open run", "soak:1", "soak:1.2", "make safe", "reconnect", "soak:2", "off:1", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED


async def test_a_station_that_does_not_repair_treats_it_like_any_other_error(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(GONE)]

    end = await stage.run(plan(step("a"), OFF))

    assert stage.slot.calls == ["open run", "a:1", "off:1", "close"]
    assert end.outcome is Outcome.ERROR


@pytest.mark.parametrize(
    ("scene", "settings"),
    [
        (errs(GONE, Severity.CRITICAL), {}),
        (errs(GONE), {"on_error": Severity.CRITICAL}),
        (errs(GONE), {"on_error": Severity.WARNING}),
        (errs("STEP_ERROR"), {}),
        (fails(), {}),
    ],
    ids=["critical exception", "critical step", "step that only warns", "no fault of the hardware", "bad unit"],
)
async def test_what_says_how_it_is_to_be_treated_is_not_repaired(
    stage: Stage, scene: Any, settings: dict[str, Any]
) -> None:
    stage.slot.scenes["a"] = [scene]

    await stage.run(repairing(step("a", **settings)))

    assert stage.slot.calls == ["open run", "a:1", "close"]


async def test_the_instruments_are_connected_again_until_they_answer(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(GONE)]
    stage.slot.reconnecting = [stays_away(), stays_away()]

    end = await stage.run(repairing(step("a"), OFF))

    assert stage.slot.calls == [
        "open run", "a:1", "make safe", "reconnect", "reconnect", "reconnect", "a:2", "off:1", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED
    told = [change.waiting_for for change in stage.recorder.states]
    assert "a: dmm does not answer; connecting again, try 2 of 3" in told


async def test_a_session_that_does_not_open_is_opened_again(stage: Stage) -> None:
    stage.slot.opening = [cannot_open(), cannot_open()]

    end = await stage.run(repairing(step("a", repeatable=False), OFF))

    assert stage.slot.calls == ["open run", "open run", "open run", "a:1", "off:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_process_that_dies_while_it_makes_safe_or_connects_uses_up_no_try(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(GONE), errs(GONE)]
    stage.slot.making_safe = [dies()]
    stage.slot.reconnecting = [dies()]

    end = await stage.run(repairing(step("a"), OFF, on_failure="safe_stop"))

    assert stage.slot.calls == [
        "open run", "a:1", "make safe", "open run", "a:2", "make safe", "reconnect", "open run", "a:3", "off:1",
        "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED


async def test_reconnecting_that_itself_breaks_is_an_error(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(GONE)]
    stage.slot.reconnecting = [breaks()]

    end = await stage.run(repairing(step("a"), OFF))

    assert stage.slot.calls == ["open run", "a:1", "make safe", "reconnect", "off:1", "close"]
    assert (end.outcome, end.reason and end.reason.code) == (Outcome.ERROR, "ACTIVITY_FAILED")


async def test_a_repeated_step_that_meets_the_fault_is_another_try(stage: Stage) -> None:
    stage.slot.scenes["supply_on"] = [passes(), errs(GONE)]
    stage.slot.scenes["a"] = [errs(GONE)]

    end = await stage.run(repairing(step("supply_on", rearm=True), step("a"), OFF))

    assert stage.slot.calls == [
        "open run", "supply_on:1", "a:1", "make safe", "reconnect", "supply_on:2", "open run", "supply_on:3", "a:2",
        "off:1", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED


# When they do not come back


async def test_safe_stop_ends_the_run_with_cleanup(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(GONE)]
    stage.slot.reconnecting = [stays_away(), stays_away()]

    end = await stage.run(repairing(step("a"), step("b"), OFF, attempts=2, on_failure="safe_stop"))

    assert stage.slot.calls == ["open run", "a:1", "make safe", "reconnect", "reconnect", "off:1", "close"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert (end.reason.code, end.reason.message) == (GONE, "dmm does not answer; connected again 2 times in vain")


async def test_a_fault_that_comes_back_after_each_repair_counts_as_not_repaired(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(GONE), errs(GONE), errs(GONE)]

    end = await stage.run(repairing(step("a"), OFF, attempts=2, on_failure="safe_stop"))

    assert stage.slot.calls == [
        "open run", "a:1", "make safe", "reconnect", "a:2", "make safe", "reconnect", "a:3", "make safe",
        "off:1", "close",
    ]  # fmt: skip
    assert end.reason is not None
    assert end.reason.message == f"{GONE} happened; the fault comes back after each repair"


async def test_pause_wait_asks_and_tries_again_when_told_to(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(GONE)]
    stage.slot.reconnecting = [stays_away()]
    async with stage.engine(), stage.process():
        handle = await stage.start(repairing(step("a"), OFF, attempts=1))

        asked = await reaches(handle, RunState.INTERRUPTED)
        assert asked.choices == ("resume", "skip_failed", "abort")
        assert asked.waiting_for == (
            "a: dmm does not answer; connected again 1 times in vain; somebody must choose how to go on"
        )
        assert asked.waiting is not None
        assert (asked.waiting.code, asked.waiting.params["tries"]) == ("REPAIR_IN_VAIN", 1)
        await choose(handle, "resume")
        end = await ended(handle)

    assert stage.slot.calls == ["open run", "a:1", "make safe", "reconnect", "reconnect", "a:2", "off:1", "close"]
    assert end.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("choice", "after", "outcome"),
    [
        ("skip_failed", ["open run", "b:1"], Outcome.ERROR),
        ("abort", [], Outcome.ABORTED),
    ],
)
async def test_pause_wait_does_as_somebody_chooses(
    stage: Stage, choice: str, after: list[str], outcome: Outcome
) -> None:
    stage.slot.scenes["a"] = [errs(GONE)]
    async with stage.engine(), stage.process():
        handle = await stage.start(repairing(step("a"), step("b"), OFF, attempts=0))
        await reaches(handle, RunState.INTERRUPTED)
        await choose(handle, choice)
        end = await ended(handle)

    assert stage.slot.calls == ["open run", "a:1", "make safe", *after, "off:1", "close"]
    assert end.outcome is outcome


async def test_auto_reconnect_goes_on_for_ever_and_can_be_stopped(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(GONE)]
    stage.slot.opening = [opens(), *[cannot_open()] * 100]
    stage.slot.reconnecting = [stays_away()] * 100
    async with stage.engine(), stage.process():
        handle = await stage.start(repairing(step("a"), OFF, attempts=1, on_failure="auto_reconnect"))
        shown = await shows(handle, lambda now: now.waiting_for == "a: dmm does not answer; connecting again, try 2")
        assert shown.waiting is not None
        assert (shown.waiting.code, shown.waiting.params["limit"]) == ("CONNECTING_AGAIN", None)
        stage.slot.opening.clear()
        await stop(handle)
        end = await ended(handle)

    assert stage.slot.calls[-2:] == ["off:1", "close"]
    assert end.outcome is Outcome.ABORTED


async def test_a_history_that_grows_long_while_trying_is_cut(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(GONE)]
    stage.slot.reconnecting = [stays_away()] * 100
    async with stage.engine(), stage.process():
        handle = await stage.start(repairing(step("a"), OFF, attempts=0, on_failure="auto_reconnect"))
        end = await ended(handle)

    assert stage.slot.calls.count("open run") == 2  # the new history sets up anew
    assert stage.slot.calls[-4:] == ["open run", "a:2", "off:1", "close"]
    assert end.outcome is Outcome.PASSED


# Steps that must not be repeated unasked


@pytest.mark.parametrize(
    ("choice", "after", "outcome"),
    [
        ("resume", ["reconnect", "a:2"], Outcome.PASSED),
        ("full_restart", ["open run in round 2", "a:2"], Outcome.PASSED),
        ("skip_failed", [], Outcome.ERROR),
        ("abort", [], Outcome.ABORTED),
    ],
)
async def test_a_step_that_is_not_repeatable_is_asked_about(
    stage: Stage, choice: str, after: list[str], outcome: Outcome
) -> None:
    stage.slot.scenes["a"] = [errs(GONE)]
    async with stage.engine(), stage.process():
        handle = await stage.start(repairing(step("a", repeatable=False), OFF))
        asked = await reaches(handle, RunState.INTERRUPTED)
        assert asked.waiting_for.startswith(f"a: {GONE} happened; it may have done half of its work")
        await choose(handle, choice)
        end = await ended(handle)

    assert stage.slot.calls == ["open run", "a:1", "make safe", *after, "off:1", "close"]
    assert end.outcome is outcome


# Steering meanwhile


async def test_a_step_that_is_being_repaired_can_be_left_out(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(GONE)]
    async with stage.engine(), stage.process():
        handle = await stage.start(repairing(step("a"), step("b"), OFF, delay=30))
        await shows(handle, lambda now: "try 1 of 3" in now.waiting_for)
        await skip(handle, "a")
        end = await ended(handle)

    assert stage.slot.calls == ["open run", "a:1", "make safe", "open run", "b:1", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED


async def test_going_back_ends_the_repair(stage: Stage) -> None:
    stage.slot.scenes["b"] = [errs(GONE)]
    async with stage.engine(), stage.process():
        handle = await stage.start(repairing(step("a"), step("b"), OFF, delay=30))
        await shows(handle, lambda now: "try 1 of 3" in now.waiting_for)
        await goto(handle, "a")
        end = await ended(handle)

    assert stage.slot.calls == ["open run", "a:1", "b:1", "make safe", "open run", "a:2", "b:2", "off:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_nothing_is_connected_while_the_run_is_paused(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(GONE)]
    async with stage.engine(), stage.process():
        handle = await stage.start(repairing(step("a"), OFF, delay=1))
        await shows(handle, lambda now: "try 1 of 3" in now.waiting_for)
        await pause(handle)
        await reaches(handle, RunState.PAUSED)
        assert stage.slot.calls == ["open run", "a:1", "make safe"]
        await resume(handle)
        end = await ended(handle)

    assert stage.slot.calls == ["open run", "a:1", "make safe", "reconnect", "a:2", "off:1", "close"]
    assert end.outcome is Outcome.PASSED


# Steps side by side


async def test_a_step_can_be_left_out_while_it_waits_for_those_beside_it(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(GONE)]
    stage.slot.scenes["b"] = [until_released()]
    side = {"needs": ()}
    async with stage.engine(), stage.process():
        handle = await stage.start(repairing(step("a", uses=("x",), **side), step("b", uses=("y",), **side), OFF))
        await shows(handle, lambda now: "waiting for the steps beside it" in now.waiting_for)
        await skip(handle, "a")
        await shows(handle, lambda now: now.current == ("b",))
        stage.slot.released.set()
        end = await ended(handle)

    assert "make safe" not in stage.slot.calls
    assert end.outcome is Outcome.ABORTED


async def test_what_runs_beside_ends_first_and_nothing_begins_meanwhile(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(GONE)]
    stage.slot.scenes["b"] = [until_released(passes(finished=False)), passes()]
    side = {"needs": ()}
    async with stage.engine(), stage.process():
        handle = await stage.start(
            repairing(step("a", uses=("x",), **side), step("b", uses=("y",), segment=100, **side), OFF)
        )
        await shows(handle, lambda now: "waiting for the steps beside it" in now.waiting_for)
        assert "make safe" not in stage.slot.calls
        stage.slot.released.set()
        end = await ended(handle)

    calls = stage.slot.calls
    assert calls.index("make safe") < calls.index("reconnect") < calls.index("b:1.2")
    assert calls.index("reconnect") < calls.index("a:2")
    assert end.outcome is Outcome.PASSED


async def test_a_fault_that_two_steps_have_met_is_repaired_once(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released(errs(GONE))]
    stage.slot.scenes["b"] = [until_released(errs(GONE))]
    side = {"needs": ()}
    async with stage.engine(), stage.process():
        handle = await stage.start(repairing(step("a", uses=("x",), **side), step("b", uses=("y",), **side), OFF))
        await until(lambda: stage.slot.under_way == {"a", "b"})
        stage.slot.released.set()
        end = await ended(handle)

    assert stage.slot.calls.count("reconnect") == 1
    assert end.outcome is Outcome.PASSED


async def test_where_the_run_has_given_up_the_step_beside_it_does_not_try_either(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released(errs(GONE))]
    stage.slot.scenes["b"] = [until_released(errs(GONE))]
    stage.slot.reconnecting = [stays_away()] * 9
    side = {"needs": ()}
    async with stage.engine(), stage.process():
        handle = await stage.start(
            repairing(
                step("a", uses=("x",), **side), step("b", uses=("y",), **side), OFF, attempts=2, on_failure="safe_stop"
            )
        )
        await until(lambda: stage.slot.under_way == {"a", "b"})
        stage.slot.released.set()
        end = await ended(handle)

    assert stage.slot.calls.count("reconnect") == 2
    assert end.outcome is Outcome.ERROR


async def test_a_history_is_not_cut_while_another_step_waits_for_the_repair(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released(errs(GONE))]
    stage.slot.scenes["b"] = [until_released(errs(GONE))]
    stage.slot.reconnecting = [stays_away()]
    side = {"needs": ()}
    forever = {"attempts": 0, "on_failure": "auto_reconnect"}
    async with stage.engine(), stage.process():
        handle = await stage.start(
            repairing(step("a", uses=("x",), **side), step("b", uses=("y",), **side), OFF, **forever)
        )
        await until(lambda: stage.slot.under_way == {"a", "b"})
        stage.slot.released.set()
        end = await ended(handle)

    assert stage.slot.calls.count("open run") == 1
    assert stage.slot.calls.count("reconnect") == 2
    assert end.outcome is Outcome.PASSED
