"""What people may ask of a run under way and of a batch's process, whoever passes the wish on."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TypeVar

from pydantic import BaseModel, JsonValue
from temporalio.client import (
    ActivityFailureError,
    Client,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import QueryRejectCondition, RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from station.config.model import StationConfig
from station.contracts.activities import batch_command
from station.contracts.messages import (
    BatchCommand,
    BatchProcess,
    PauseRequest,
    RecoverRequest,
    RunEnd,
    StopRequest,
)
from station.contracts.names import run_workflow_id, supervisor_queue
from station.contracts.prompts import AnswerRequest
from station.contracts.run import RunContract
from station.contracts.steering import GotoRequest, SkipRequest
from station.control.cancelling import raise_if_cancelled
from station.domain.errors import BatchError, BatchNotRunningError, CommandRefusedError, EngineError
from station.domain.manual import ManualStatus
from station.domain.run import RunStatus

ANSWER_WITHIN = timedelta(seconds=10)
"""How long the engine may take to answer a command."""
TOLD_WITHIN = timedelta(seconds=2)
"""How long whoever stops a run waits to hear whether he was in time."""
SUPERVISOR_WITHIN = timedelta(seconds=15)
"""How long a command to a batch's process waits for a supervisor."""

_Answer = TypeVar("_Answer")
_RunHandle = WorkflowHandle[RunContract, RunEnd]


def run_handle(client: Client, config: StationConfig, batch: str, temporal_run_id: str | None = None) -> _RunHandle:
    """Give the handle of the run on a batch's slot: the one that is open, or the latest.

    A BatchNotFoundError passes through where the configuration has no such batch.
    """
    workflow_id = run_workflow_id(config.station.id, config.batch(batch).id)
    return client.get_workflow_handle_for(RunContract.run, workflow_id, run_id=temporal_run_id)


async def ask_slot(
    handle: _RunHandle, within: timedelta, reject: QueryRejectCondition | None = None
) -> RunStatus | ManualStatus:
    """Ask whoever has a slot where it is: a run and a manual session answer the same question, each in its own way.

    What the client raises passes through.
    """
    status: RunStatus | ManualStatus = await handle.query(
        "status",
        result_type=RunStatus | ManualStatus,  # type: ignore[arg-type] # the converter takes unions
        reject_condition=reject,
        rpc_timeout=within,
    )
    return status


async def stop_run(
    client: Client, config: StationConfig, batch: str, *, by: str, reason: str = ""
) -> RunStatus | ManualStatus | None:
    """Ask the run to stop: cleanup runs, the outcome is ABORTED. Returns when the wish is kept, not when it is done.

    A manual session ends likewise, with the instruments safe. A BatchNotRunningError passes through where the slot has
    neither.

    Returns:
        What was stopped; None where it does not answer now.

    Raises:
        CommandRefusedError: If the run was ending by itself already. While the engine is away nobody can tell, and
            the wish is kept until it is back.
    """
    handle = run_handle(client, config, batch)
    await _ask(batch, lambda: handle.signal(RunContract.stop, StopRequest(by=by, reason=reason)))
    try:
        # A signal is in the history before the query is asked, so the answer knows of it.
        status = await ask_slot(handle, TOLD_WITHIN)
    except (RPCError, WorkflowQueryFailedError):
        return None
    if isinstance(status, RunStatus) and status.stopped_by is None:
        msg = f"The run on batch {batch} was ending by itself already; the stop came too late."
        raise CommandRefusedError("RUN_ENDING", msg, batch=batch)
    return status


async def pause_run(client: Client, config: StationConfig, batch: str, *, by: str, reason: str = "") -> RunStatus:
    """Hold the run before its next step; CommandRefusedError where it is paused or ending."""
    handle, wish = run_handle(client, config, batch), PauseRequest(by=by, reason=reason)
    return await _ask(batch, lambda: _update(handle, "pause", wish))


async def resume_run(client: Client, config: StationConfig, batch: str, *, by: str, reason: str = "") -> RunStatus:
    """Let a paused run go on; CommandRefusedError where it is not paused."""
    handle, wish = run_handle(client, config, batch), PauseRequest(by=by, reason=reason)
    return await _ask(batch, lambda: _update(handle, "resume", wish))


async def skip_step(
    client: Client, config: StationConfig, batch: str, *, step: str, by: str, reason: str = ""
) -> RunStatus:
    """Leave a step out; CommandRefusedError where it has ended, is a cleanup step, or there is none of that name."""
    handle, wish = run_handle(client, config, batch), SkipRequest(step=step, by=by, reason=reason)
    return await _ask(batch, lambda: _update(handle, "skip_step", wish))


async def go_back(
    client: Client,
    config: StationConfig,
    batch: str,
    *,
    step: str = "",
    by: str,
    reason: str = "",
    force: bool = False,
) -> RunStatus:
    """Have a step and those after it done again; CommandRefusedError where the run has not been there.

    Args:
        client: Connected to the station's Temporal server.
        config: The station's configuration.
        batch: The batch.
        step: The step to begin again with; empty: the one under way, or else the last one that ended.
        by: Who asks for it.
        reason: Why; needed with `force`.
        force: Whether steps that are not repeatable are repeated too.
    """
    wish = GotoRequest(step=step, by=by, reason=reason, force=force)
    handle = run_handle(client, config, batch)
    return await _ask(batch, lambda: _update(handle, "goto_step", wish))


async def recover_run(
    client: Client, config: StationConfig, batch: str, *, choice: str, by: str, reason: str = ""
) -> RunStatus:
    """Say what becomes of an interrupted run; CommandRefusedError where it does not ask, or has no such choice."""
    handle, wish = run_handle(client, config, batch), RecoverRequest(choice=choice, by=by, reason=reason)
    return await _ask(batch, lambda: _update(handle, "recover", wish))


async def answer_prompt(
    client: Client, config: StationConfig, batch: str, prompt: str, values: Mapping[str, JsonValue], *, by: str
) -> RunStatus:
    """Answer a prompt of a run; CommandRefusedError where it is not open any more, or does not allow the answer."""
    handle = run_handle(client, config, batch)
    wish = AnswerRequest(prompt=prompt, values=dict(values), by=by)
    return await _ask(batch, lambda: _update(handle, "answer_prompt", wish))


async def command_batch(client: Client, config: StationConfig, batch: str, action: str, *, by: str) -> BatchProcess:
    """Start, stop or restart a batch's process; the station remembers it for its next start.

    Args:
        client: Connected to the station's Temporal server.
        config: The station's configuration.
        batch: The batch.
        action: start, stop or restart.
        by: Who asks for it.

    Returns:
        How the process stands now.

    Raises:
        EngineError: If no supervisor answers.
        CommandRefusedError: If the supervisor refuses.
    """
    config.batch(batch)
    # A process may take its grace, and the supervisor's patience of 10 s on top, to end.
    at_work = config.execution.grace_period + timedelta(seconds=20)
    try:
        return await client.execute_activity(
            batch_command,
            BatchCommand(batch=batch, action=action, by=by),
            id=f"command/{config.station.id}/{batch}/{secrets.token_hex(8)}",
            task_queue=supervisor_queue(config.station.id),
            schedule_to_start_timeout=SUPERVISOR_WITHIN,
            start_to_close_timeout=at_work,
            retry_policy=RetryPolicy(maximum_attempts=1),
            summary=f"{action} {batch}",
        )
    except ActivityFailureError as error:
        cause = error.cause
        if isinstance(cause, ApplicationError):
            raise CommandRefusedError(cause.type or BatchError.code, cause.message, batch=batch) from error
        waited = SUPERVISOR_WITHIN.total_seconds()
        msg = (
            f"No supervisor carried out “{action} {batch}” within {waited:g} s; the batch's process is as it was. "
            "Is the station up? `station status` tells."
        )
        raise EngineError(msg, batch=batch) from error
    except RPCError as error:
        raise EngineError(_unanswered(error), batch=batch) from error


async def _ask(batch: str, call: Callable[[], Awaitable[_Answer]]) -> _Answer:
    """Pass a wish on to the run on a slot.

    Raises:
        BatchNotRunningError: If the slot has no run.
        CommandRefusedError: If the run refuses.
        EngineError: If nobody answers.
    """
    try:
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            return await call()
    except WorkflowUpdateFailedError as error:
        cause = error.cause
        code = cause.type if isinstance(cause, ApplicationError) else None
        message = cause.message if isinstance(cause, ApplicationError) else str(cause)
        if code == RuntimeError.__name__:  # the SDK's own word for a handler that is not there: it is no run
            msg = f"Batch {batch} has no run under way: somebody has it in hand (`station manual show {batch}`)."
            raise BatchNotRunningError(msg, batch=batch) from error
        raise CommandRefusedError(code or BatchError.code, message, batch=batch) from error
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
        raise_if_cancelled(error)
        msg = (
            f"The engine's process did not answer within {ANSWER_WITHIN.total_seconds():g} s, so nobody knows whether "
            "the command will still reach the run; `station status` tells."
        )
        raise EngineError(msg, batch=batch) from error
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            msg = f"Batch {batch} has no run under way."
            raise BatchNotRunningError(msg, batch=batch) from error
        raise EngineError(_unanswered(error), batch=batch) from error


async def _update(handle: _RunHandle, name: str, wish: BaseModel) -> RunStatus:
    # By name: the SDK's types have no overload for an update that is declared async in a contract.
    status: RunStatus = await handle.execute_update(name, wish, result_type=RunStatus)
    return status


def _unanswered(error: RPCError) -> str:
    return f"The Temporal server does not answer: {error.message}. `station status` says what is up."
