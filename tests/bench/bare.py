"""What Temporal alone costs in the station's topology: a workflow in one process, its activities in another."""

import asyncio
import sys
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import PollerBehaviorSimpleMaximum, Worker

ENGINE = "bench.engine"


def batch_queue(number: int) -> str:
    return f"bench.hw.{number}"


@activity.defn(name="bench.nothing")
async def nothing() -> None:
    return None


@workflow.defn(name="bench.bare")
class Bare:
    @workflow.run
    async def run(self, queue: str, steps: int) -> float:
        """Run so many activities one after another; returns the seconds they took together."""
        begun = workflow.time()
        for _ in range(steps):
            await workflow.execute_activity(
                nothing,
                task_queue=queue,
                start_to_close_timeout=timedelta(seconds=60),
                heartbeat_timeout=timedelta(seconds=5),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        return workflow.time() - begun


async def connect(address: str) -> Client:
    while True:
        try:
            return await Client.connect(address, data_converter=pydantic_data_converter)
        except RuntimeError:
            await asyncio.sleep(0.1)


async def main(address: str, role: str) -> None:
    client = await connect(address)
    engine = role == "engine"
    worker = Worker(
        client,
        task_queue=ENGINE if engine else batch_queue(int(role)),
        workflows=[Bare] if engine else [],
        activities=[] if engine else [nothing],
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(2),
        workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(4),
        disable_eager_activity_execution=True,
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
