"""Shapes of the domain as the API gives them: their durations are numbers of seconds.

In histories and rows they stay as they are, for what was written there is read for years.
"""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from station.domain import manual, plan, prompt, run

_Told = TypeVar("_Told", bound=BaseModel)

_SECONDS = ConfigDict(ser_json_timedelta="float")


def told(kind: type[_Told], of: BaseModel) -> _Told:
    """Give a shape of the domain as the API's shape of the same name."""
    return kind.model_validate(of, from_attributes=True)


class Prompt(prompt.Prompt):
    """What is asked.

    Attributes:
        timeout: Seconds.
    """

    model_config = _SECONDS


class OpenPrompt(prompt.OpenPrompt):
    """A prompt that waits for its answer."""

    prompt: Prompt


class StepView(run.StepView):
    """A step as it stands.

    Attributes:
        elapsed: Seconds.
    """

    model_config = _SECONDS


class StepReport(run.StepReport):
    """What an attempt came to.

    Attributes:
        elapsed: Seconds.
    """

    model_config = _SECONDS

    prompt: Prompt | None = None


class CommandAnswer(manual.CommandAnswer):
    """What came of one thing that was done by hand.

    Attributes:
        elapsed: Seconds.
    """

    model_config = _SECONDS

    report: StepReport | None = None


class ManualStatus(manual.ManualStatus):
    """Who has a slot in hand, and what was done."""

    last: list[CommandAnswer] = Field(default_factory=list)  # type: ignore[assignment] # only read: a list of what is narrower does no harm


class RetryPlan(plan.RetryPlan):
    """How often an attempt is followed by another; pauses are seconds."""

    model_config = _SECONDS


class StepPlan(plan.StepPlan):
    """One step, with everything that decides when and how it runs; times are seconds."""

    model_config = _SECONDS

    retry: RetryPlan = RetryPlan()
    prompt: Prompt | None = None


class HardwarePolicy(plan.HardwarePolicy):
    """What is done about an instrument that does not answer; the delay is seconds."""

    model_config = _SECONDS


class RunPolicy(plan.RunPolicy):
    """The station's settings that a run is executed under; times are seconds."""

    model_config = _SECONDS

    hardware_errors: HardwarePolicy | None = None


class Plan(plan.Plan):
    """Everything a run needs to know about its sequence, pinned when it is accepted."""

    steps: tuple[StepPlan, ...]
    policy: RunPolicy = RunPolicy()
