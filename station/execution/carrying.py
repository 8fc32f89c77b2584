"""What earlier segments of a long step found out, carried in its saved state so that the end of the step knows it.

A segment's report may be the last thing anybody hears before a power cut; a value out of limits in the first of fifty
segments must still FAIL the step.
"""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, Field, JsonValue, ValidationError

from station.domain.run import Attachment

CARRIED = "__earlier_segments__"
"""Key of the saved state that authors never see."""


class Carried(BaseModel):
    """What earlier segments of the same attempt found out."""

    failures: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    values: dict[str, JsonValue] = Field(default_factory=dict)

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
