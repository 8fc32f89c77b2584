"""What is known of a run travels through histories and databases unchanged."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from station.domain.events import EventType
from station.domain.outcome import Outcome
from station.domain.plan import PLAN_SCHEMA_VERSION, PackageRef, Plan, RunPolicy, StepPlan
from station.domain.run import RunResult, StepFault, StepReport

DURATIONS = st.timedeltas(timedelta(), timedelta(days=400))
REPORTS = st.builds(
    StepReport,
    step=st.text(min_size=1),
    attempt=st.integers(1, 99),
    outcome=st.sampled_from(Outcome),
    finished=st.booleans(),
    elapsed=DURATIONS,
    failures=st.lists(st.text()).map(tuple),
    defects=st.lists(st.text()).map(tuple),
    fault=st.none() | st.builds(StepFault, code=st.text(), message=st.text()),
)
STEPS = st.builds(StepPlan, name=st.text(min_size=1), timeout=DURATIONS, segment=st.none() | DURATIONS)


@given(REPORTS)
def test_a_report_comes_out_of_a_history_as_it_went_in(report: StepReport) -> None:
    assert StepReport.model_validate_json(report.model_dump_json()) == report


@given(st.lists(STEPS, max_size=5), DURATIONS)
def test_a_plan_comes_out_of_a_history_as_it_went_in(steps: list[StepPlan], longest: timedelta) -> None:
    package = PackageRef(name="demo", version="1.0.0", content_hash="0" * 64)
    plan = Plan(package=package, steps=tuple(steps), policy=RunPolicy(timeout_sequence=longest))

    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_a_plan_of_a_later_version_can_still_be_read() -> None:
    package = {"name": "demo", "version": "1.0.0", "content_hash": "0" * 64, "signature": "later"}

    plan = Plan.model_validate({"package": package, "steps": [{"name": "a", "colour": "red"}], "weather": "fine"})

    assert plan.schema_version == PLAN_SCHEMA_VERSION
    assert plan.main_steps == (StepPlan(name="a"),)


def test_a_result_is_safe_hardware_and_no_recoveries_unless_said() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)

    result = RunResult(run_id="R", outcome=Outcome.PASSED, started_at=at, completed_at=at)

    assert (result.hardware_safe, result.recoveries, result.reason, result.defects) == (True, 0, None, ())


def test_an_event_has_the_name_the_socket_sends() -> None:
    assert {kind.name.lower(): kind.value for kind in EventType} == {kind.value: kind.value for kind in EventType}
