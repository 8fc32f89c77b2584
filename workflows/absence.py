"""Notices that a batch's process is away: an absent worker is a state of the run, not a failure of it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from temporalio import workflow

from station.contracts import activities
from station.contracts.messages import ProbeRequest, RunInput
from station.contracts.names import engine_queue
from workflows import policies
from workflows.slot import Pending


async def watch_for_worker(
    request: RunInput, pending: Mapping[int, Pending], absent: Callable[[int, str], Awaitable[None]]
) -> None:
    """Watch the calls under way for as long as the run lives; costs nothing while they come back quickly.

    Args:
        request: The run.
        pending: Its calls under way, by number; looked at as they change.
        absent: Called with a call nobody has taken up, and with what is known of the process; returns when the call
            has come back.
    """
    seen: set[int] = set()
    while True:
        await workflow.wait_condition(lambda: any(number not in seen for number in pending))
        oldest = min(call.since for number, call in pending.items() if number not in seen)
        patience = oldest + policies.WORKER_EXPECTED_WITHIN - workflow.now()
        await workflow.sleep(max(patience, timedelta()), summary="is the batch's process there?")
        late = workflow.now() - policies.WORKER_EXPECTED_WITHIN
        for number, call in list(pending.items()):
            if number in seen or call.since > late:
                continue
            presence = await workflow.execute_activity(
                activities.probe,
                ProbeRequest(run_id=request.run_id, batch=request.batch, step=call.step, attempt=call.attempt),
                task_queue=engine_queue(request.station),
                start_to_close_timeout=policies.RECORDING_TIMEOUT,
                retry_policy=policies.UNTIL_RECORDED,
                summary=f"has {call.what} begun?",
            )
            if presence.started:
                seen.add(number)
            elif number in pending:
                await absent(number, presence.note)
