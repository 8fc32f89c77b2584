"""What a run and its batch's process say to each other when an instrument does not answer.

These structures are in the history of runs: fields may be added with defaults, never removed or made stricter.
"""

from pydantic import BaseModel, Field
from temporalio import activity

from station.contracts.messages import Instrument
from station.domain.run import StepFault


class ReconnectRequest(BaseModel):
    """Bring the instruments of an open session back.

    Attributes:
        connect: False: only make safe whatever still answers; nothing is disconnected.
    """

    run_id: str
    batch: str
    session: str
    connect: bool = True


class Reconnected(BaseModel):
    """What became of it.

    Attributes:
        instruments: Those of the session, as they answered when they were last asked.
        fault: Set where an instrument could not be reached or made safe.
    """

    instruments: list[Instrument] = Field(default_factory=list)
    fault: StepFault | None = None


@activity.defn(name="station.reconnect")
async def reconnect(request: ReconnectRequest) -> Reconnected:
    """Make the session's instruments safe, or disconnect and connect them again and make them safe."""
    raise NotImplementedError
