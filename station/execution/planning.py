"""Makes the plan of a run: the package's steps, the start's parameters and the station's settings, pinned together."""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import JsonValue

from station.domain.errors import ParameterError
from station.domain.measurement import Limit
from station.domain.plan import OnFail, Plan, RetryPlan, RunPolicy, Severity, StepPlan
from station.domain.values import check_values
from station.execution.description import Described
from station.execution.steps import StepDefinition

SEGMENT_SHARE = 0.8
"""Largest part of a step's timeout its segment may take, where the station's cap is shorter than the author thought."""


def make_plan(
    package: Described,
    parameters: Mapping[str, JsonValue],
    policy: RunPolicy,
    *,
    timeout_step: timedelta,
    retry: RetryPlan,
) -> Plan:
    """Pin everything that is decided before a run starts.

    Names in `needs`, `uses` and `condition` were checked when the package was loaded.

    Args:
        package: The version to run, or its description.
        parameters: What the start asks for; defaults fill the rest.
        policy: The station's settings; the package's own wish for recovery wins.
        timeout_step: No step may take longer, whatever its author says.
        retry: For steps that say nothing about retries; its pauses hold for all.

    Raises:
        ParameterError: If the parameters are refused; the message lists all problems.
    """
    values, problems = check_values(parameters, package.parameters)
    if problems:
        msg = f"parameters of {package.ref.name} refused: {'; '.join(problems)}"
        raise ParameterError(msg, problems=problems)
    return Plan(
        package=package.ref,
        steps=tuple(_step_plan(index, step, timeout_step, retry) for index, step in enumerate(package.steps)),
        parameters=values,
        limits=_limits(package),
        policy=_policy(package, policy),
    )


def _step_plan(index: int, step: StepDefinition, cap: timedelta, retry: RetryPlan) -> StepPlan:
    timeout = min(timedelta(seconds=step.timeout), cap)
    return StepPlan(
        name=step.name,
        title=step.title,
        index=index,
        timeout=timeout,
        needs=step.needs,
        uses=step.uses,
        condition=step.condition,
        repeatable=step.repeatable,
        rearm=step.rearm,
        cleanup=step.cleanup,
        segment=_segment(step, timeout),
        on_error=None if step.on_error is None else Severity(step.on_error),
        retry=retry if step.retry is None else retry.model_copy(update={"retries": step.retry}),
        on_fail=OnFail(step.on_fail),
        prompt=step.prompt,
    )


def _segment(step: StepDefinition, timeout: timedelta) -> timedelta | None:
    """Shorten a segment whose timeout was capped, so that it still ends before it is cut off."""
    if step.segment is None:
        return None
    segment = timedelta(seconds=step.segment)
    return segment if timeout.total_seconds() >= step.timeout else min(segment, timeout * SEGMENT_SHARE)


def _limits(package: Described) -> dict[str, Limit]:
    limits = {name: spec.limit() for name, spec in package.manifest.limits.items()}
    return {name: limit for name, limit in limits.items() if limit is not None}


def _policy(package: Described, policy: RunPolicy) -> RunPolicy:
    wish = package.manifest.recovery
    said = {"recovery_mode": wish.mode, "confirm_resume": wish.confirm_resume}
    return policy.model_copy(update={name: value for name, value in said.items() if value is not None})
