"""Ends in ERROR: its instrument, so to speak, is broken."""

from station.sdk import CriticalError, sequence, step


@sequence("faulty")
class Sequence:
    """One step that raises."""

    @step(10)
    async def touch(self) -> None:
        raise CriticalError("the fixture is open")
