"""The three marks a sequence author puts on a class and its methods; they attach facts and change nothing else."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar, overload

STEP_NAME = re.compile(r"^[a-zA-Z_][a-zA-Z0-9_-]*$")
NAME_LENGTH = 100
LONGEST_TIMEOUT = 86400
"""Seconds; a step that takes longer than a day is cut into segments."""
DEFAULT_TIMEOUT = 60
"""Seconds."""

SEQUENCE_MARK = "__station_sequence__"
STEP_MARK = "__station_step__"

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

OnError = Literal["critical", "recoverable", "warning"]
OnFailure = Literal["stop", "continue"]


@dataclass(frozen=True)
class SequenceMark:
    """What `@sequence` says about a class."""

    name: str
    description: str
    version: str


@dataclass(frozen=True)
class StepMark:
    """What `@step` says about a method; durations in seconds, None where the author said nothing."""

    order: int
    timeout: float | None
    retry: int | None
    cleanup: bool
    name: str | None
    condition: str | None
    description: str
    needs: tuple[str, ...] | None
    uses: tuple[str, ...] | None
    repeatable: bool
    rearm: bool
    on_error: OnError | None
    on_fail: OnFailure
    segment: float | None


class Parameter(Generic[T]):
    """A parameter of a sequence: read as an attribute (`self.voltage_limit`), computed by its method.

    Attributes:
        name: What the manifest and the start request call it.
        display_name: What people read; the name where nothing is given.
        unit: SI symbol, or None for a pure number or a text.
        description: One sentence for the start form.
        compute: The method; it returns `self._param_<name>` or the default.
    """

    def __init__(
        self,
        compute: Callable[[Any], T],
        name: str,
        display_name: str | None,
        unit: str | None,
        description: str,
    ) -> None:
        self.compute = compute
        self.name = name
        self.display_name = display_name
        self.unit = unit
        self.description = description or (compute.__doc__ or "")
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> "Parameter[T]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> "T | Parameter[T]":
        """Give the value on an instance, the parameter itself on the class."""
        return self if instance is None else self.compute(instance)


def sequence(name: str, description: str = "", version: str = "1.0.0") -> Callable[[C], C]:
    """Mark the class of a sequence package.

    Besides its steps it may have `setup`, `teardown`, and `identify_unit`, which returns as text which unit lies in the
    slot: a run that goes on after a crash compares it with what it heard at first.

    Args:
        name: The package's name, which is its folder's name.
        description: One sentence for people.
        version: X.Y.Z; the manifest's version wins.

    Raises:
        ValueError: If the name is not an identifier.
    """
    if not _is_identifier(name):
        msg = f"@sequence(name={name!r}): the name must be an identifier, the same as the package's folder"
        raise ValueError(msg)

    def mark(cls: C) -> C:
        if not isinstance(cls, type):
            msg = f"@sequence({name!r}) marks a class, not {cls!r}"
            raise ValueError(msg)
        setattr(cls, SEQUENCE_MARK, SequenceMark(name, description, version))
        return cls

    return mark


def step(  # noqa: PLR0913,PLR0917,RUF100 - one keyword for each thing an author may say
    order: int,
    timeout: float | None = None,
    retry: int | None = None,
    cleanup: bool = False,
    name: str | None = None,
    condition: str | None = None,
    description: str = "",
    needs: Sequence[str] | None = None,
    uses: Sequence[str] | None = None,
    repeatable: bool = True,
    rearm: bool = False,
    on_error: OnError | None = None,
    on_fail: OnFailure = "stop",
    segment: float | None = None,
) -> Callable[[F], F]:
    """Mark a method as a step.

    Args:
        order: Steps run in ascending order; each step has its own.
        timeout: Seconds one attempt (one segment of a long step) may take, above 0 up to 86400; by default 60,
            or a minute more than the segment.
        retry: Attempts after the first when one ends in an exception; None: the station's setting.
        cleanup: Runs at the end whatever happened.
        name: What people and records call it; the method's name where nothing is given.
        condition: Parameter or method that decides whether the step runs; `!` in front negates.
        description: One sentence for people.
        needs: Steps that must have ended first; None: every step of a lower order.
        uses: Instruments the step uses; None: all of them. An instrument is used by one step at a time.
        repeatable: False where doing it twice would harm when nobody knows how far the first try got.
        rearm: Done again when a session is opened anew in the middle of a run, as outputs are off then.
        on_error: What an exception leads to; None: the class of the exception decides.
        on_fail: Whether the steps after a FAILED one still run.
        segment: Seconds after which a long step (`ctx.soak`) is cut, recorded and called again.

    Raises:
        ValueError: If an argument makes no sense; the sentence says which.
    """
    mark = StepMark(
        order=order,
        timeout=timeout,
        retry=retry,
        cleanup=cleanup,
        name=name,
        condition=condition,
        description=description,
        needs=_names(needs, "needs"),
        uses=_names(uses, "uses"),
        repeatable=repeatable,
        rearm=rearm,
        on_error=on_error,
        on_fail=on_fail,
        segment=segment,
    )
    problem = _problem_of(mark)
    if problem is not None:
        msg = f"@step(order={order!r}): {problem}"
        raise ValueError(msg)

    def attach(method: F) -> F:
        called = getattr(method, "__name__", "")
        if name is None and not is_step_name(called):
            msg = f"@step(order={order!r}): {called!r} cannot be a step's name; give name="
            raise ValueError(msg)
        setattr(method, STEP_MARK, mark)
        return method

    return attach


def parameter(
    name: str,
    display_name: str | None = None,
    unit: str | None = None,
    description: str = "",
) -> Callable[[Callable[[Any], T]], Parameter[T]]:
    """Mark a method that computes a parameter; it is then read as an attribute.

    Args:
        name: What the manifest and the start request call it; an identifier.
        display_name: What people read.
        unit: SI symbol.
        description: One sentence for the start form.

    Raises:
        ValueError: If the name is not an identifier.
    """
    if not _is_identifier(name):
        msg = f"@parameter(name={name!r}): the name must be an identifier, because it becomes `_param_<name>`"
        raise ValueError(msg)

    def mark(method: Callable[[Any], T]) -> Parameter[T]:
        return Parameter(method, name, display_name, unit, description)

    return mark


def is_step_name(name: object) -> bool:
    """Tell whether a step may be called so: a letter or `_`, then letters, digits, `_`, `-`; at most 100."""
    return isinstance(name, str) and len(name) <= NAME_LENGTH and STEP_NAME.match(name) is not None


def timeout_problem(timeout: float | None, segment: float | None) -> str | None:
    """Say what is wrong with a step's times, or None."""
    if segment is not None and (not _is_number(segment) or not 0 < segment < LONGEST_TIMEOUT):
        return f"segment is {segment!r}; it must be above 0 and below {LONGEST_TIMEOUT} seconds"
    if timeout is None:
        return None
    if not _is_number(timeout) or not 0 < timeout <= LONGEST_TIMEOUT:
        return f"timeout is {timeout!r}; it must be above 0 and at most {LONGEST_TIMEOUT} seconds"
    if segment is not None and timeout <= segment:
        return f"timeout ({timeout:g} s) must be longer than the segment ({segment:g} s) it guards"
    return None


def _problem_of(mark: StepMark) -> str | None:
    if not _is_count(mark.order):
        return "order must be a whole number, 0 or more"
    if mark.name is not None and not is_step_name(mark.name):
        return f"name {mark.name!r} must begin with a letter or `_` and go on with letters, digits, `_` or `-`"
    if mark.retry is not None and not _is_count(mark.retry):
        return f"retry is {mark.retry!r}; it must be a whole number, 0 or more"
    if mark.on_error not in {None, "critical", "recoverable", "warning"}:
        return f"on_error is {mark.on_error!r}; it must be 'critical', 'recoverable' or 'warning'"
    if mark.on_fail not in {"stop", "continue"}:
        return f"on_fail is {mark.on_fail!r}; it must be 'stop' or 'continue'"
    if mark.condition is not None and not mark.condition.removeprefix("!").isidentifier():
        return f"condition {mark.condition!r} must name a parameter or a method, with or without `!` in front"
    return timeout_problem(mark.timeout, mark.segment)


def _names(names: Sequence[str] | None, what: str) -> tuple[str, ...] | None:
    if names is None:
        return None
    if isinstance(names, str):
        msg = f"@step: {what}={names!r} must be a list of names, as in {what}=[{names!r}]"
        raise ValueError(msg)
    return tuple(names)


def _is_identifier(name: object) -> bool:
    return isinstance(name, str) and name.isidentifier()


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
