"""Manual control of one slot: open, tell instruments something, run single steps, make safe, leave."""

import asyncio
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel, JsonValue
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    QueryRejectCondition,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from station.config.model import StationConfig
from station.contracts import search
from station.contracts.manual import (
    CommandWish,
    HandOver,
    ManualContract,
    ManualInput,
    ManualTimes,
    StepWish,
)
from station.contracts.messages import StopRequest
from station.contracts.names import engine_queue, run_workflow_id
from station.control.cancelling import raise_if_cancelled
from station.control.choosing import chosen_for
from station.control.layout import Layout
from station.control.slot import HELD_BY, MANUAL, slot_taken
from station.control.starting import TASK_TIMEOUT, plan_for
from station.domain.errors import BatchError, BatchNotRunningError, CommandRefusedError, EngineError
from station.domain.ids import new_id
from station.domain.manual import Command, CommandAnswer, ManualEnd, ManualState, ManualStatus
from station.domain.plan import PackageRef, Plan
from station.domain.values import ValueSpec
from station.execution.store import PackageStore
from station.storage.batches import Batches
from station.storage.database import Database

OPEN_WITHIN = timedelta(minutes=3)
"""Opening takes as long as the instruments and the package's setup do."""
ANSWER_WITHIN = timedelta(seconds=10)
"""How long the engine may take to say where a session is."""
_LOOK = 0.05

Handle = WorkflowHandle[ManualContract, ManualEnd]
Answer = TypeVar("Answer", bound=BaseModel)


class SlotCommands(BaseModel):
    """What can be done by hand on a slot: commands of its instruments, steps and parameters of its sequence."""

    commands: list[Command]
    steps: list[str]
    parameters: dict[str, ValueSpec]


async def commands_on(config: StationConfig, layout: Layout, batch: str) -> SlotCommands:
    """List what can be done by hand on a batch's slot; no instrument is touched, and the station may be down.

    A StationError passes through where there is no such batch, or its package cannot be used.
    """
    chosen = await chosen_for(config, layout, config.batch(batch))
    return (await asyncio.to_thread(_pin, config, layout, batch, {}, chosen))[1]


async def open_manual(
    client: Client,
    config: StationConfig,
    layout: Layout,
    database: Database,
    batch_id: str,
    *,
    by: str,
    reason: str = "",
    single_steps: bool = False,
    parameters: Mapping[str, JsonValue] | None = None,
    keeps_alive: bool = False,
) -> ManualStatus:
    """Take a slot in hand: its instruments are connected and safe when this returns.

    Args:
        client: Connected to the station's Temporal server.
        config: The station's configuration.
        layout: Where the station keeps its files.
        database: The open results database.
        batch_id: The batch.
        by: Who takes it in hand.
        reason: Why; kept in the audit.
        single_steps: Whether the package is set up and steps of it can be run.
        parameters: Parameters of the sequence that differ from the batch's own; for single steps.
        keeps_alive: Whether the caller will say again and again that it is there, with `keep_alive`.

    Raises:
        BatchBusyError: If the slot has a run, or somebody else has it in hand.
        BatchNotRunningError: If the batch has no process and gets none by itself; nobody is made to wait for it.
        CommandRefusedError: If an instrument cannot be reached; the code says why.
        EngineError: If nobody answers.
    """  # noqa: DOC502 - raised by the helpers
    batch = config.batch(batch_id)
    await _check_process(database, batch.id)
    chosen = await chosen_for(config, layout, batch)
    plan, known = await asyncio.to_thread(_pin, config, layout, batch_id, parameters or {}, chosen)
    now = datetime.now(UTC)
    times = config.manual
    request = ManualInput(
        session_id=new_id(now, secrets.token_bytes(10)),
        station=config.station.id,
        batch=batch.id,
        plan=plan,
        commands=known.commands,
        parameters=known.parameters,
        by=by,
        opened_at=now,
        reason=reason,
        single_steps=single_steps,
        keeps_alive=keeps_alive,
        times=ManualTimes(idle=times.idle_timeout, client=times.client_timeout, command=times.command_timeout),
    )
    try:
        handle = await client.start_workflow(
            ManualContract.run,
            request,
            id=run_workflow_id(request.station, request.batch),
            task_queue=engine_queue(request.station),
            # The id of the slot's run: a run and a manual session exclude each other.
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            task_timeout=TASK_TIMEOUT,
            memo={"run_id": request.session_id, HELD_BY: by},
            static_summary=f"manual control · {by} · {batch.name}"[:200],
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(search.STATION, request.station),
                    SearchAttributePair(search.BATCH, request.batch),
                    SearchAttributePair(search.RUN, request.session_id),
                    SearchAttributePair(search.SEQUENCE, plan.package.name),
                    SearchAttributePair(search.STATE, f"manual {ManualState.OPENING}"),
                ]
            ),
        )
    except WorkflowAlreadyStartedError as error:
        raise await slot_taken(client, config, batch.id) from error
    return await _opened(handle, batch.id)


async def manual_status(client: Client, config: StationConfig, batch: str) -> ManualStatus | None:
    """Ask who has a slot in hand; None where nobody has.

    Raises:
        EngineError: If nobody answers in time.
    """
    handle = _handle(client, config, batch)
    try:
        described = await handle.describe(rpc_timeout=ANSWER_WITHIN)
        if described.workflow_type != MANUAL or described.status is not WorkflowExecutionStatus.RUNNING:
            return None
        return await _status_of(handle, batch)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise EngineError(_unanswered(batch), batch=batch) from error


async def command(
    client: Client,
    config: StationConfig,
    batch: str,
    *,
    instrument: str,
    name: str,
    arguments: Mapping[str, JsonValue],
    by: str,
    confirmed: bool = False,
    reason: str = "",
) -> CommandAnswer:
    """Tell an instrument something, once; CommandRefusedError where it is not allowed, and then nothing was done."""
    wish = CommandWish(
        instrument=instrument, name=name, arguments=dict(arguments), by=by, confirmed=confirmed, reason=reason
    )
    return await _update(client, config, batch, "command", wish, CommandAnswer)


async def run_step(
    client: Client,
    config: StationConfig,
    batch: str,
    *,
    step: str,
    parameters: Mapping[str, JsonValue],
    by: str,
    reason: str = "",
) -> CommandAnswer:
    """Run one step of the sequence; CommandRefusedError where that is not allowed, and then nothing was done."""
    wish = StepWish(step=step, parameters=dict(parameters), by=by, reason=reason)
    return await _update(client, config, batch, "run_step", wish, CommandAnswer)


async def make_safe(client: Client, config: StationConfig, batch: str, *, by: str, reason: str = "") -> CommandAnswer:
    """Make every instrument safe, cutting off what goes on; the session stays open."""
    return await _update(client, config, batch, "make_safe", HandOver(by=by, reason=reason), CommandAnswer)


async def leave(client: Client, config: StationConfig, batch: str, *, by: str, reason: str = "") -> ManualEnd:
    """Make every instrument safe and let go of the slot; it is free when this returns."""
    handle = _handle(client, config, batch)
    end = await _update(client, config, batch, "leave", HandOver(by=by, reason=reason), ManualEnd)
    await handle.result()
    return end


async def dismiss(client: Client, config: StationConfig, batch: str, *, by: str, reason: str = "") -> ManualEnd:
    """Make every instrument safe and end the session of somebody else; the slot is free when this returns.

    Raises:
        BatchNotRunningError: If nobody has the slot in hand.
        EngineError: If nobody answers; then nobody knows.
    """
    if await manual_status(client, config, batch) is None:
        raise BatchNotRunningError(_gone(batch), batch=batch)
    handle = _handle(client, config, batch)
    try:
        async with asyncio.timeout(OPEN_WITHIN.total_seconds()):
            await handle.signal(ManualContract.stop, StopRequest(by=by, reason=reason), rpc_timeout=ANSWER_WITHIN)
            return await handle.result()
    except (TimeoutError, RPCError) as error:
        raise EngineError(_unanswered(batch), batch=batch) from error


async def keep_alive(client: Client, config: StationConfig, batch: str) -> None:
    """Say that the client is there; BatchNotRunningError where the session is over.

    Raises:
        BatchNotRunningError: If nobody has the slot in hand.
        EngineError: If nobody answers.
    """
    try:
        await _handle(client, config, batch).signal(ManualContract.keep_alive, rpc_timeout=ANSWER_WITHIN)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise BatchNotRunningError(_gone(batch), batch=batch) from error
        raise EngineError(_unanswered(batch), batch=batch) from error


async def _check_process(database: Database, batch: str) -> None:
    """Make sure that somebody is there, or on the way, to touch the instruments.

    Raises:
        BatchNotRunningError: If the batch's process was stopped, never started, or died too often.
    """
    record = await Batches(database).get(batch)
    # Only these two end by a person: a process that died, or is about to come up, is there in a moment.
    if record is None or (record.desired != "stopped" and record.process_state != "error"):
        return
    why = record.alert or "it was stopped, or never started"
    msg = f"Batch {batch} has no process ({why}); start it with: station batch start {batch}"
    raise BatchNotRunningError(msg, batch=batch, state=record.process_state)


def _pin(
    config: StationConfig,
    layout: Layout,
    batch_id: str,
    parameters: Mapping[str, JsonValue],
    chosen: PackageRef | None,
) -> tuple[Plan, SlotCommands]:
    """Pin the version a run would have, and find out what can be done with it by hand."""
    plan = plan_for(config, layout, config.batch(batch_id), parameters, chosen)
    description = PackageStore(layout.packages).version(plan.package).description
    known = SlotCommands(
        commands=description.commands, steps=[step.name for step in plan.steps], parameters=description.parameters
    )
    return plan, known


def _handle(client: Client, config: StationConfig, batch: str) -> Handle:
    workflow_id = run_workflow_id(config.station.id, config.batch(batch).id)
    return client.get_workflow_handle_for(ManualContract.run, workflow_id)


async def _opened(handle: Handle, batch: str) -> ManualStatus:
    """Wait until a session is open.

    Raises:
        CommandRefusedError: If it could not be opened; the code says why.
        EngineError: If nobody answers.
    """
    try:
        async with asyncio.timeout(OPEN_WITHIN.total_seconds()):
            while (status := await _status_of(handle, batch)) is not None:
                if status.state is ManualState.OPEN:
                    return status
                await asyncio.sleep(_LOOK)
            end = await handle.result()
    except (TimeoutError, RPCError) as error:
        raise EngineError(_unanswered(batch), batch=batch) from error
    code, message = (end.fault.code, end.fault.message) if end.fault else ("MANUAL_NOT_OPEN", end.reason)
    raise CommandRefusedError(code, f"Batch {batch} could not be taken in hand: {message}", batch=batch)


async def _status_of(handle: Handle, batch: str) -> ManualStatus | None:
    """Ask a session where it is; None where it is over.

    Raises:
        EngineError: If it cannot say.
    """
    try:
        return await handle.query(
            ManualContract.status, reject_condition=QueryRejectCondition.NOT_OPEN, rpc_timeout=ANSWER_WITHIN
        )
    except WorkflowQueryRejectedError:
        return None
    except WorkflowQueryFailedError as error:
        raise EngineError(_unanswered(batch), batch=batch) from error


async def _update(
    client: Client, config: StationConfig, batch: str, name: str, wish: BaseModel, kind: type[Answer]
) -> Answer:
    """Pass a wish on to the session on a slot, and wait for what comes of it.

    Raises:
        BatchNotRunningError: If nobody has the slot in hand.
        CommandRefusedError: If the session refuses; then nothing was done.
        EngineError: If nobody answers; then nobody knows.
    """
    if await manual_status(client, config, batch) is None:
        raise BatchNotRunningError(_gone(batch), batch=batch)
    try:
        answer: Answer = await _handle(client, config, batch).execute_update(name, wish, result_type=kind)
    except WorkflowUpdateFailedError as error:
        cause = error.cause
        if not isinstance(cause, ApplicationError):
            raise EngineError(f"The manual session on {batch} ended meanwhile.", batch=batch) from error
        raise CommandRefusedError(cause.type or BatchError.code, cause.message, batch=batch) from error
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise_if_cancelled(error)
        raise EngineError(_unanswered(batch), batch=batch) from error
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise BatchNotRunningError(_gone(batch), batch=batch) from error
        raise EngineError(_unanswered(batch), batch=batch) from error
    return answer


def _gone(batch: str) -> str:
    return f"Nobody has batch {batch} in hand; open it with: station manual open {batch}"


def _unanswered(batch: str) -> str:
    return f"The engine does not answer about batch {batch}; what was asked for may still be done. See: station status"
