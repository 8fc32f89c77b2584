"""Asks a package which unit lies in the slot, before anything is set up for it."""

from dataclasses import dataclass
from datetime import timedelta

from station.domain.errors import StepError
from station.execution.context import StepContext
from station.execution.host import Host
from station.execution.running import call_user

IDENTIFY_UNIT = "identify_unit"
"""The method of a sequence that tells which unit lies in the slot; a step of that name is a step."""

IDENTITY_PATIENCE = timedelta(seconds=30)
"""How long it may take: reading a code, or asking a PLC."""


@dataclass(frozen=True)
class FoundUnit:
    """Which unit lies in the slot, as far as its package can tell.

    Attributes:
        identity: Such as its serial number; empty where the package cannot tell, or was not asked.
        problem: Why it cannot tell; empty where it did not say.
    """

    identity: str = ""
    problem: str = ""


async def identity_of(host: Host, sequence: object, context: StepContext) -> str:
    """Ask a sequence which unit lies in the slot; empty where it has no such method, or cannot tell.

    Raises:
        StepError: If it answers with something that is not text.
        BaseException: Whatever the method raises.
    """  # noqa: DOC502 - the last is raised by user code
    method = getattr(sequence, IDENTIFY_UNIT, None)
    if not callable(method):
        return ""
    answer = await call_user(host, method, context)
    if answer is None:
        return ""
    if not isinstance(answer, str):
        msg = f"{IDENTIFY_UNIT} returned a {type(answer).__name__}; return text, empty where it cannot tell"
        raise StepError(msg)
    return answer.strip()
