"""Commands to the supervisor: carried out, or refused with the station's own code."""

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.supervision import Supervision
from station.contracts.messages import BatchCommand, BatchProcess
from station.domain.errors import BatchNotFoundError


class Processes:
    """The processes of a station that has one batch."""

    async def command(self, batch: str, action: str, by: str = "") -> BatchProcess:
        if batch != "slot_1":
            raise BatchNotFoundError("There is no batch 'slot_9'.", batch=batch)
        return BatchProcess(batch=batch, state=f"{action}ed by {by}")


async def test_a_command_is_carried_out() -> None:
    command = BatchCommand(batch="slot_1", action="restart", by="kim")

    answer = await ActivityEnvironment().run(Supervision(Processes()).batch_command, command)

    assert answer == BatchProcess(batch="slot_1", state="restarted by kim")


async def test_a_command_that_makes_no_sense_is_refused_once_and_for_all() -> None:
    command = BatchCommand(batch="slot_9", action="restart")

    with pytest.raises(ApplicationError) as refused:
        await ActivityEnvironment().run(Supervision(Processes()).batch_command, command)

    assert (refused.value.type, refused.value.message, refused.value.non_retryable) == (
        "BATCH_NOT_FOUND",
        "There is no batch 'slot_9'.",
        True,
    )
