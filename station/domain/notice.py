"""What the station says of itself: a code and its parameters, for screens to say it in anybody's language."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class NoticeCode(StrEnum):
    """Everything that can hold a run up or close a slot."""

    STEP_CUT_OFF = "STEP_CUT_OFF"
    STEP_HALF_DONE = "STEP_HALF_DONE"
    UNIT_CHANGED = "UNIT_CHANGED"
    REPAIR_IN_VAIN = "REPAIR_IN_VAIN"
    CONNECTING_AGAIN = "CONNECTING_AGAIN"
    STEPS_BESIDE_AWAITED = "STEPS_BESIDE_AWAITED"
    MAKING_SAFE = "MAKING_SAFE"
    PROCESS_AWAY = "PROCESS_AWAY"
    ANSWER_AWAITED = "ANSWER_AWAITED"
    PAUSED_BY = "PAUSED_BY"
    OTHERS_AWAITED = "OTHERS_AWAITED"
    INSTRUMENT_AWAITED = "INSTRUMENT_AWAITED"
    INSTRUMENT_HELD = "INSTRUMENT_HELD"
    UNSAFE_RUN = "UNSAFE_RUN"
    UNSAFE_SESSION = "UNSAFE_SESSION"
    UNSAFE_MANUAL = "UNSAFE_MANUAL"
    UNSAFE_START = "UNSAFE_START"


class Notice(BaseModel):
    """One thing the station says.

    Attributes:
        code: Stable, upper case; a `NoticeCode`, or one of another release.
        params: What the sentence speaks of; `said` holds somebody else's own words: an instrument's, a sequence
            author's, a person's reason.
        text: The same as one English phrase, for logs and machines.
    """

    model_config = ConfigDict(frozen=True)
    code: str = Field(json_schema_extra={"enum": [code.value for code in NoticeCode]})
    params: dict[str, JsonValue] = {}
    text: str

    @classmethod
    def of(cls, code: NoticeCode, text: str, **params: JsonValue) -> "Notice":
        """Make one of its parts."""
        return cls(code=code.value, params=params, text=text)
