"""The plan of a run: parameters checked in words, settings of package and station brought together."""

from datetime import timedelta
from typing import Any

import pytest

from station.domain.errors import ParameterError
from station.domain.measurement import RangeLimit, RegexLimit
from station.domain.plan import OnFail, Plan, RecoveryMode, RetryPlan, RunPolicy, Severity
from station.execution.package import load_package
from station.execution.planning import make_plan
from tests.execution.conftest import Package

STEP = "@step(1)\nasync def one(self): ..."
PARAMETERS = """
parameters:
  volts: {type: float, default: 5, min: 1, max: 30, unit: V}
  count: {type: integer, default: 3, options: [1, 3, 5]}
  serial: {type: string, required: true}
  fast: {type: boolean}
"""


def plan_of(package: Package, parameters: dict[str, Any] | None = None, cap: float = 3600) -> Plan:
    return make_plan(
        load_package(package.root),
        parameters or {},
        RunPolicy(),
        timeout_step=timedelta(seconds=cap),
        retry=RetryPlan(retries=3, backoff=timedelta(seconds=2)),
    )


def test_defaults_fill_what_the_start_does_not_say(package: Package) -> None:
    package.sequence(STEP, PARAMETERS)

    plan = plan_of(package, {"serial": "S1", "volts": 12})

    assert plan.parameters == {"volts": 12, "count": 3, "serial": "S1"}


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({}, "serial is missing; it is required"),
        ({"serial": "S", "volts": 40}, "volts is 40 V, above its maximum 30 V"),
        ({"serial": "S", "volts": 0.5}, "volts is 0.5 V, below its minimum 1 V"),
        ({"serial": "S", "volts": "12"}, "volts is '12'; it must be a number"),
        ({"serial": "S", "volts": True}, "volts is True; it must be a number"),
        ({"serial": "S", "volts": float("nan")}, "volts is nan; it must be a finite number"),
        ({"serial": "S", "count": 2}, "count is 2; it must be one of 1, 3, 5"),
        ({"serial": "S", "count": 3.0}, "count is 3.0; it must be a whole number"),
        ({"serial": 7}, "serial is 7; it must be a text"),
        ({"serial": "S", "fast": 1}, "fast is 1; it must be true or false"),
        ({"serial": "S", "volt": 3}, "volt is unknown (did you mean volts?)"),
        ({"serial": "S", "zzz": 3}, "zzz is unknown (there is count, fast, serial, volts)"),
        (
            {"volts": 99, "x": 1},
            "x is unknown (there is count, fast, serial, volts); "
            "volts is 99 V, above its maximum 30 V; serial is missing; it is required",
        ),
    ],
)
def test_parameters_that_do_not_fit_are_refused_all_at_once(
    package: Package, given: dict[str, Any], problems: str
) -> None:
    package.sequence(STEP, PARAMETERS)

    with pytest.raises(ParameterError) as caught:
        plan_of(package, given)

    assert caught.value.message == f"parameters of demo refused: {problems}"
    assert caught.value.code == "INVALID_PARAMETERS"


def test_a_parameter_that_only_the_code_knows_may_be_given(package: Package) -> None:
    package.sequence("@parameter('volts')\ndef volts(self): return 1\n" + STEP)

    plan = plan_of(package, {"volts": 7})

    assert plan.parameters == {"volts": 7}


def test_steps_carry_everything_that_decides_how_they_run(package: Package) -> None:
    package.sequence(
        """
        @step(30, timeout=5000, retry=0, on_error="warning", on_fail="continue", repeatable=False, rearm=True)
        async def last(self): ...
        @step(10)
        async def first(self): ...
        @step(5, cleanup=True)
        async def off(self): ...
        """
    )

    first, last, off = plan_of(package).steps

    assert (first.name, first.index, first.timeout) == ("first", 0, timedelta(seconds=60))
    assert first.retry == RetryPlan(retries=3, backoff=timedelta(seconds=2))
    assert (last.timeout, last.retry.retries) == (timedelta(hours=1), 0)
    assert (last.on_error, last.on_fail, last.repeatable, last.rearm) == (
        Severity.WARNING,
        OnFail.CONTINUE,
        False,
        True,
    )
    assert (off.name, off.index, off.cleanup) == ("off", 2, True)


@pytest.mark.parametrize(("cap", "timeout", "segment"), [(3600, 660, 600), (300, 300, 240)])
def test_a_segment_ends_before_a_capped_timeout(package: Package, cap: float, timeout: float, segment: float) -> None:
    package.sequence("@step(1, segment=600)\nasync def one(self): ...")

    (step,) = plan_of(package, cap=cap).steps

    assert (step.timeout, step.segment) == (timedelta(seconds=timeout), timedelta(seconds=segment))


def test_limits_of_the_manifest_are_pinned(package: Package) -> None:
    package.sequence(STEP, "limits:\n  v: {low: 1, unit: V}\n  a: {regex: 'x+'}\n  noted: {unit: A}\n")

    plan = plan_of(package)

    assert plan.limits == {"v": RangeLimit(low=1), "a": RegexLimit(pattern="x+")}


def test_the_packages_own_wish_for_recovery_wins(package: Package) -> None:
    package.sequence(STEP, "recovery: {mode: ask, confirm_resume: true}\n")

    policy = plan_of(package).policy

    assert (policy.recovery_mode, policy.confirm_resume) == (RecoveryMode.ASK, True)


def test_a_plan_survives_being_written_and_read(package: Package) -> None:
    package.sequence(STEP, PARAMETERS + "limits:\n  v: {low: 1, unit: V}\n")
    plan = plan_of(package, {"serial": "S"})

    again = Plan.model_validate_json(plan.model_dump_json())

    assert again == plan
