"""The steps of a package: what decorator and manifest say together, and whether it fits."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from station.domain.prompt import Prompt
from station.domain.values import ValueSpec, suggestion
from station.execution.decorators import (
    DEFAULT_TIMEOUT,
    STEP_MARK,
    OnError,
    OnFailure,
    Parameter,
    StepMark,
    timeout_problem,
)
from station.execution.findings import Finding
from station.execution.manifest import MANIFEST, Manifest, StepManual, StepSpec

T = TypeVar("T")


@dataclass(frozen=True)
class StepDefinition:
    """One step of a package; durations in seconds.

    Attributes:
        name: Unique within the package.
        title: What people read.
        method: Name of the method that does it.
        line: Where the method begins in its file, from 1; 0 where unknown.
        timeout: How long one attempt (one segment of a long step) may take.
        retry: Attempts after the first; None: the station's setting.
        manual: How it behaves when a person runs the sequence step by step.
        prompt: What is asked before it begins.

    The rest is as `decorators.step` says.
    """

    name: str
    title: str
    method: str
    line: int
    order: int
    timeout: float
    retry: int | None
    cleanup: bool
    condition: str | None
    description: str
    needs: tuple[str, ...] | None
    uses: tuple[str, ...] | None
    repeatable: bool
    rearm: bool
    on_error: OnError | None
    on_fail: OnFailure
    segment: float | None
    estimated_duration: float | None
    manual: StepManual
    prompt: Prompt | None = None


def steps_of(cls: type, manifest: Manifest) -> tuple[StepDefinition, ...]:
    """Collect the steps of a sequence class, cleanup steps last, else in order; the manifest wins."""
    specs = {spec.name: spec for spec in manifest.steps}
    steps = [
        _merge(method_name, method, mark, specs.get(mark.name or method_name))
        for method_name, method, mark in _marked(cls)
    ]
    return tuple(sorted(steps, key=lambda step: (step.cleanup, step.order)))


def parameters_of(cls: type, manifest: Manifest) -> dict[str, ValueSpec]:
    """Collect the parameters of a package: those of the manifest, then those only `@parameter` knows."""
    parameters = dict(manifest.parameters)
    for marked in _class_members(cls).values():
        if isinstance(marked, Parameter) and marked.name not in parameters:
            parameters[marked.name] = ValueSpec(
                display_name=marked.display_name, unit=marked.unit, description=marked.description
            )
    return parameters


def step_findings(
    steps: Sequence[StepDefinition],
    manifest: Manifest,
    parameters: Mapping[str, ValueSpec],
    cls: type,
    file: str,
) -> list[Finding]:
    """Say what does not fit among the steps of a package."""
    if not any(not step.cleanup for step in steps):
        message = "no method is marked with @step (cleanup steps alone test nothing); mark at least one"
        return [Finding(code="NO_STEPS", file=file, message=message)]
    return [
        *_doubles(steps, file),
        *_strangers(steps, manifest),
        *_wrong_times(steps, file),
        *_wrong_names(steps, manifest, parameters, cls, file),
        *_cycles(steps, file),
    ]


def needs_of(step: StepDefinition, steps: Iterable[StepDefinition]) -> tuple[str, ...]:
    """Name the steps that must have ended before this one; without `needs`, all of a lower order of its kind."""
    if step.needs is not None:
        return step.needs
    return tuple(other.name for other in steps if other.cleanup == step.cleanup and other.order < step.order)


def find_cycle(needs: Mapping[str, Sequence[str]]) -> list[str] | None:
    """Find steps that wait for each other: `[a, b, a]`; None where there are none."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str] | None:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return None
        for needed in needs.get(name, ()):
            found = visit(needed, [*path, name])
            if found is not None:
                return found
        done.add(name)
        return None

    return next((found for name in needs if (found := visit(name, [])) is not None), None)


def _marked(cls: type) -> Iterator[tuple[str, Any, StepMark]]:
    for name, member in _class_members(cls).items():
        mark = getattr(member, STEP_MARK, None)
        if isinstance(mark, StepMark):
            yield name, member, mark


def _class_members(cls: type) -> dict[str, Any]:
    """Give the members with those of base classes, without running any descriptor."""
    members: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        members |= vars(base)
    return members


def _merge(method_name: str, method: Callable[..., Any], mark: StepMark, spec: StepSpec | None) -> StepDefinition:
    said = spec or StepSpec(name=mark.name or method_name)
    segment = _first(said.segment, mark.segment)
    timeout = _first(said.timeout, mark.timeout)
    if timeout is None:
        timeout = DEFAULT_TIMEOUT if segment is None else segment + DEFAULT_TIMEOUT
    return StepDefinition(
        name=said.name,
        title=said.display_name or said.name,
        method=method_name,
        line=_line_of(method),
        order=_first(said.order, mark.order),
        timeout=timeout,
        retry=_first(said.retry, mark.retry),
        cleanup=_first(said.cleanup, mark.cleanup),
        condition=_first(said.condition, mark.condition),
        description=said.description or mark.description or inspect.cleandoc(method.__doc__ or ""),
        needs=_first(None if said.needs is None else tuple(said.needs), mark.needs),
        uses=_first(None if said.uses is None else tuple(said.uses), mark.uses),
        repeatable=_first(said.repeatable, mark.repeatable),
        rearm=_first(said.rearm, mark.rearm),
        on_error=_first(said.on_error, mark.on_error),
        on_fail=_first(said.on_fail, mark.on_fail),
        segment=segment,
        estimated_duration=said.estimated_duration,
        manual=said.manual,
        prompt=None if said.prompt is None else said.prompt.prompt(),
    )


def _first(said: T | None, otherwise: T) -> T:
    return otherwise if said is None else said


def _line_of(method: Callable[..., Any]) -> int:
    code = getattr(inspect.unwrap(method), "__code__", None)
    return int(getattr(code, "co_firstlineno", 0))


def _doubles(steps: Sequence[StepDefinition], file: str) -> Iterator[Finding]:
    by_order: dict[int, StepDefinition] = {}
    by_name: dict[str, StepDefinition] = {}
    for step in steps:
        if step.order in by_order:
            message = (
                f"steps {by_order[step.order].name} and {step.name} both have order {step.order}; "
                "give each its own (steps run at the same time by `needs`, not by an equal order)"
            )
            yield Finding(code="DUPLICATE_ORDER", file=file, line=step.line or None, message=message)
        if step.name in by_name:
            message = f"methods {by_name[step.name].method} and {step.method} are both called {step.name}; rename one"
            yield Finding(code="INVALID_SCHEMA", file=file, line=step.line or None, message=message)
        by_order.setdefault(step.order, step)
        by_name.setdefault(step.name, step)


def _strangers(steps: Sequence[StepDefinition], manifest: Manifest) -> Iterator[Finding]:
    known = [step.name for step in steps]
    for spec in manifest.steps:
        if spec.name not in known and not spec.lifecycle:
            message = (
                f"`steps` speaks of {spec.name}, which no method does{suggestion(spec.name, known)}; "
                "write the method, take the entry out, or mark it `lifecycle: true`"
            )
            yield Finding(code="INVALID_SCHEMA", file=MANIFEST, message=message)


def _wrong_times(steps: Sequence[StepDefinition], file: str) -> Iterator[Finding]:
    for step in steps:
        problem = timeout_problem(step.timeout, step.segment)
        if problem is not None:
            message = f"step {step.name}: {problem}"
            yield Finding(code="INVALID_SCHEMA", file=file, line=step.line or None, message=message)


def _wrong_names(
    steps: Sequence[StepDefinition],
    manifest: Manifest,
    parameters: Mapping[str, ValueSpec],
    cls: type,
    file: str,
) -> Iterator[Finding]:
    kinds = {step.name: step.cleanup for step in steps}
    for step in steps:
        problems = [
            f"needs {name}, which is no step of the package{suggestion(name, kinds)}"
            for name in step.needs or ()
            if name not in kinds
        ]
        problems += [
            f"needs {name}, but one of them is a cleanup step and cleanup runs after everything else"
            for name in step.needs or ()
            if name in kinds and kinds[name] != step.cleanup
        ]
        problems += [
            f"uses {name}, which is no instrument of the manifest{suggestion(name, manifest.hardware)}"
            for name in step.uses or ()
            if name not in manifest.hardware
        ]
        condition = (step.condition or "").removeprefix("!")
        if condition and condition not in parameters and not callable(getattr(cls, condition, None)):
            problems.append(
                f"has the condition {step.condition}, which is neither a parameter nor a method"
                f"{suggestion(condition, parameters)}"
            )
        if step.prompt is not None and step.cleanup:
            problems.append("asks something (`prompt`), but a cleanup step must end without anybody")
        elif step.prompt is not None and condition and condition not in parameters:
            problems.append(
                f"asks something (`prompt`), but whether it runs is known only to the method {condition}; "
                "ask in the step, with ctx.prompt"
            )
        for problem in problems:
            message = f"step {step.name} {problem}"
            yield Finding(code="INVALID_SCHEMA", file=file, line=step.line or None, message=message)


def _cycles(steps: Sequence[StepDefinition], file: str) -> Iterator[Finding]:
    cycle = find_cycle({step.name: needs_of(step, steps) for step in steps})
    if cycle is not None:
        message = f"steps wait for each other and none can begin: {' -> '.join(cycle)}; take one out of `needs`"
        yield Finding(code="INVALID_SCHEMA", file=file, message=message)
