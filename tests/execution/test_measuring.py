"""What steps measure and return, and how it is judged."""

from typing import Any

import pytest

from station.domain.outcome import Outcome
from station.domain.run import StepResult
from tests.execution.conftest import OpenBench, Package

LIMITS = """
limits:
  volts: {low: 4.9, high: 5.1, unit: V}
  answer: {regex: 'OK .*'}
  share: {nominal: 10, percent: 5}
  mode: {one_of: [1, 2]}
  ready: {equals: true}
"""


async def result_of(package: Package, opened: OpenBench, body: str) -> StepResult:
    code = "\n".join(f"    {line}" for line in body.splitlines())
    package.sequence(f"@step(1)\nasync def one(self, ctx):\n{code}", LIMITS)
    async with opened() as bench:
        return await bench.run("one")


@pytest.mark.parametrize(
    ("call", "value", "passed"),
    [
        ("'volts', 5.0", 5.0, True),
        ("'volts', 4.9", 4.9, True),
        ("'volts', 4.0", 4.0, False),
        ("'volts', 4.0, 'V', 3.5, 4.5", 4.0, True),
        ("'volts', math.nan", "nan", False),
        ("'volts', -math.inf", "-inf", False),
        ("'free', math.inf", "inf", True),
        ("'volts', 'five'", "five", False),
        ("'answer', 'OK 1'", "OK 1", True),
        ("'answer', 'not OK 1'", "not OK 1", False),
        ("'share', 10.5", 10.5, True),
        ("'share', 10.6", 10.6, False),
        ("'mode', 3", 3, False),
        ("'ready', True", True, True),
        ("'ready', 1", 1, False),
        ("'x', 3, equals=None", 3, False),
        ("'x', 3, one_of=(3, 4)", 3, True),
        ("'x', 'ab', regex='a.'", "ab", True),
        ("'x', 99, nominal=100, percent=1", 99, True),
        ("'x', 5, low=6", 5, False),
        ("'x', 5, high=5", 5, True),
    ],
)
async def test_a_value_is_judged_and_kept(
    package: Package, opened: OpenBench, call: str, value: Any, passed: bool
) -> None:
    result = await result_of(package, opened, f"return {{'said': [ctx.measure({call})]}}")

    (measurement,) = result.measurements
    assert measurement.value == value
    assert measurement.outcome is (Outcome.PASSED if passed else Outcome.FAILED)
    assert result.report.outcome is measurement.outcome
    assert result.report.failures == (() if passed else (measurement.name,))
    assert result.values["said"] == [passed]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "ctx.measure('v', 1)\nctx.measure('v', 2)",
            "ctx.measure('v', ...): v was measured already in this step; give each value its own name, as in v_2",
        ),
        (
            "ctx.measure('1 v', 1)",
            "ctx.measure('1 v', ...): the name must begin with a letter or `_`, go on with letters, digits, "
            "`_`, `.` or `-`, and be short",
        ),
        ("ctx.measure('v', 1, low=2, high=1)", "ctx.measure('v', ...): low (2) is above high (1); no value can pass"),
        (
            "ctx.measure('v', 1, low=2, equals=1)",
            "ctx.measure('v', ...): equals, low do not go together; a measurement has one limit",
        ),
        (
            "ctx.measure('v', 1, nominal=2)",
            "ctx.measure('v', ...): nominal and percent are given together or not at all",
        ),
        (
            "ctx.measure('v', 1, one_of=[])",
            "ctx.measure('v', ...): Tuple should have at least 1 item after validation, not 0",
        ),
        (
            "ctx.measure('volts', 5000, 'mV')",
            "ctx.measure('volts', ...): it is in mV, but the manifest's limit is in V; convert the value",
        ),
        (
            "ctx.measure('v', object)",
            "ctx.measure('v', ...): the value of v is a type, which cannot be kept; "
            "use a number, text, true/false, None, list or dict",
        ),
        (
            "ctx.defect('low rail')",
            "ctx.defect('low rail'): a defect code is upper case letters, digits and `_`, at most 50",
        ),
        ("ctx.attach(b'x')", "ctx.attach(bytes): give name=, as in name='ripple.csv'"),
        ("ctx.attach('/no/such/file')", "ctx.attach: there is no file /no/such/file"),
        (
            "ctx.sleep_sync(1)",
            "run_sync, sleep_sync and soak_sync are for sync steps; an async step writes `await ctx.sleep(...)`",
        ),
    ],
)
async def test_a_mistake_of_the_author_is_an_error_that_says_how_to_mend(
    package: Package, opened: OpenBench, body: str, message: str
) -> None:
    result = await result_of(package, opened, body)

    assert result.report.outcome is Outcome.ERROR
    assert result.report.fault is not None
    assert (result.report.fault.code, result.report.fault.message) == ("STEP_ERROR", message)


async def test_returned_scalars_become_measurements_judged_by_the_manifest(package: Package, opened: OpenBench) -> None:
    result = await result_of(
        package,
        opened,
        "ctx.measure('free', 1)\n"
        "return {'volts': 4.0, 'free': 2, 'serial': 'S1', 'trace': [1, 2], 'none': None, '전압': 3,\n"
        "        'spec': {'value': 7, 'unit': 'A', 'min': 8}, 'measurements': {'inner': 5}}",
    )

    made = {
        measurement.name: (measurement.value, measurement.unit, measurement.outcome.value)
        for measurement in result.measurements
    }
    assert made == {
        "free": (1, "", "PASSED"),
        "volts": (4.0, "V", "FAILED"),
        "serial": ("S1", "", "PASSED"),
        "spec": (7, "A", "FAILED"),
        "inner": (5, "", "PASSED"),
    }
    assert result.report.outcome is Outcome.FAILED
    assert result.report.failures == ("volts", "spec")
    assert result.values["전압"] == 3
    assert result.values["trace"] == [1, 2]


@pytest.mark.parametrize(("verdict", "outcome"), [("True", Outcome.PASSED), ("False", Outcome.FAILED)])
async def test_a_returned_passed_is_the_steps_own_verdict(
    package: Package, opened: OpenBench, verdict: str, outcome: Outcome
) -> None:
    result = await result_of(package, opened, f"return {{'passed': {verdict}}}")

    assert result.report.outcome is outcome


async def test_defects_fail_the_step_and_keep_their_order(package: Package, opened: OpenBench) -> None:
    result = await result_of(package, opened, "for code in ('DEF2', 'DEF1', 'DEF2'):\n    ctx.defect(code)")

    assert result.report.outcome is Outcome.FAILED
    assert result.report.defects == ("DEF2", "DEF1")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return 5", "the step returned a int; return a dict of values, or nothing"),
        (
            "return {'a': {'b': [1, object()]}}",
            "the returned dict['a']['b'][1] is a object, which cannot be kept; "
            "use a number, text, true/false, None, list or dict",
        ),
        ("return {1: 2}", "the returned dict has the key 1, a int; keys must be texts"),
        (
            "return {'a': 'x' * 2_000_000}",
            "the returned dict has 2000009 bytes of JSON, more than 1048576; keep large data with ctx.attach",
        ),
        (
            "ctx.state['t'] = {1, 2}",
            "ctx.state['t'] is a set, which cannot be kept; use a number, text, true/false, None, list or dict",
        ),
        (
            "ctx.state['m'] = math.inf",
            "ctx.state['m'] is inf, which JSON cannot keep; use None for a number that is not there yet",
        ),
        (
            "ctx.state['x'] = 'x' * 70_000",
            "ctx.state has 70009 bytes of JSON, more than 65536; keep large data with ctx.attach",
        ),
        ("ctx.state = []", "ctx.state is a list; it must stay a dict"),
        (
            "a = []\na.append(a)\nreturn {'a': a}",
            "the returned dict['a']" + "[0]" * 33 + " is nested deeper than 32 levels (does it contain itself?)",
        ),
    ],
)
async def test_what_cannot_be_kept_is_an_error_that_names_the_key(
    package: Package, opened: OpenBench, body: str, message: str
) -> None:
    result = await result_of(package, opened, body)

    assert result.report.outcome is Outcome.ERROR
    assert result.report.fault is not None
    assert (result.report.fault.code, result.report.fault.message) == ("STEP_RESULT_INVALID", message)


async def test_a_fault_wins_over_a_failed_measurement_which_is_kept(package: Package, opened: OpenBench) -> None:
    result = await result_of(package, opened, "ctx.measure('volts', 1)\nraise HardwareError('gone')")

    assert result.report.outcome is Outcome.ERROR
    assert result.report.failures == ("volts",)
    assert [measurement.name for measurement in result.measurements] == ["volts"]


async def test_a_step_that_has_ended_measures_nothing_more(package: Package, opened: OpenBench) -> None:
    package.sequence(
        """
        @step(1)
        async def one(self, ctx):
            self.ctx = ctx
        @step(2)
        async def two(self):
            self.ctx.measure("v", 1)
        """
    )

    async with opened() as bench:
        await bench.run("one")
        result = await bench.run("two")

    assert result.report.fault is not None
    assert result.report.fault.message == "ctx.measure('v', ...): the step one has ended already"
