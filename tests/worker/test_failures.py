"""An error of the station that leaves an activity is known by its code, through a real server and the real slot."""

from datetime import timedelta

import pytest
from temporalio import activity, workflow
from temporalio.client import WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

from station.contracts.names import supervisor_queue
from station.domain.errors import StorageError
from tests.workflows.stage import connect, start_server
from worker import build, roles

QUEUE = supervisor_queue("T1")


@activity.defn(name="station.batch_command")
async def write() -> None:
    raise StorageError("the disk is full; free some space", path="data")


@workflow.defn(name="station.caller", sandboxed=False)
class Caller:
    """Calls the activity once."""

    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(
            write, start_to_close_timeout=timedelta(seconds=5), retry_policy=RetryPolicy(maximum_attempts=1)
        )


async def test_an_error_of_the_station_keeps_its_code_on_its_way_to_the_workflow() -> None:
    async with start_server() as environment:
        client = await connect(environment.client.service_client.config.target_host)
        worker = build._worker(client, QUEUE, roles.ENGINE, activities=[write], workflows=[Caller])
        async with worker:
            with pytest.raises(WorkflowFailureError) as caught:
                await client.execute_workflow(Caller.run, id="caller", task_queue=QUEUE)

    failed = caught.value.cause
    assert isinstance(failed, ActivityError)
    assert isinstance(failed.cause, ApplicationError)
    assert (failed.cause.type, failed.cause.message) == ("STORAGE_FAILED", "the disk is full; free some space")
