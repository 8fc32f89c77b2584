"""What earlier parts of a step found out, carried in its saved state so that the end of the step knows it.

A part is a segment of a long step, or what ran up to a prompt. Its report may be the last thing anybody hears before a
power cut; a value out of limits in the first of fifty segments must still FAIL the step. What was measured before a
prompt is measured again when the step is called again, and only the last value counts.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Self

from pydantic import BaseModel, Field, JsonValue, ValidationError

from station.domain.prompt import Prompt
from station.domain.run import Attachment

CARRIED = "__earlier_segments__"
"""Key of the saved state that authors never see."""


class Carried(BaseModel):
    """What earlier parts of the same attempt found out.

    Attributes:
        failures: Names of measurements out of limits, in segments that are over.
        attachments: Files kept in segments that are over.
        redone_failures: The same of parts that ended to ask: one that is measured again counts no more.
        redone_attachments: The same of parts that ended to ask: one that is kept again replaces it.
        outside: Powered time of earlier parts in which the step did not soak.
        asking: What the part that ended last asked.
    """

    failures: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    values: dict[str, JsonValue] = Field(default_factory=dict)
    redone_failures: tuple[str, ...] = ()
    redone_attachments: tuple[Attachment, ...] = ()
    outside: timedelta = timedelta()
    asking: Prompt | None = None

    @classmethod
    def out_of(cls, state: Mapping[str, JsonValue]) -> Self:
        """Read what a saved state carries; nothing where it carries nothing that can be read."""
        try:
            return cls.model_validate(state.get(CARRIED) or {})
        except ValidationError:
            return cls()

    def into(self, state: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Give the state to save; unchanged where there is nothing to carry."""
        saved = without_carried(state)
        if self != Carried():
            saved[CARRIED] = self.model_dump(mode="json")
        return saved


def without_carried(state: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Give a saved state as its author knows it."""
    return {key: item for key, item in state.items() if key != CARRIED}


def asked_in(state: Mapping[str, JsonValue]) -> Prompt | None:
    """Give what the part that left a saved state behind ended to ask."""
    return Carried.out_of(state).asking
