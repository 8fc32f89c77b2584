"""Manual control of a slot: whoever has it in hand tells its instruments what to do; its runs are kept out meanwhile.

Only the holder commands an open session; another manager may end it (`close`), and everybody who may operate may make
it safe.
"""

import asyncio

from fastapi import APIRouter

from api.access.roles import Permission
from api.guard import Holder, Manager, Stopper, needs
from api.paths import BatchId
from api.schemas.batches import NO_REASON, Reason
from api.schemas.manual import (
    PLAINLY,
    KeptAlive,
    ManualAnswer,
    ManualClosed,
    ManualCommand,
    ManualCommands,
    ManualSession,
    ManualStep,
    OpenManual,
)
from api.services import Commanding, EngineClient, Services, Station
from station.control import manual
from station.control.short_session import in_session
from station.control.simulated import is_simulated
from station.domain.errors import BatchNotRunningError, CommandRefusedError
from station.domain.manual import ManualStatus

router = APIRouter(prefix="/api/batches/{batch_id}/manual", tags=["manual control"])


@router.get("", dependencies=[needs(Permission.WATCH)])
async def show(batch_id: BatchId, services: Station, client: EngineClient) -> ManualSession:
    """Tell who has the slot in hand, and what was done."""
    return ManualSession.of(batch_id, await manual.manual_status(client, services.config, batch_id))


@router.get("/commands", dependencies=[needs(Permission.WATCH)])
async def commands(batch_id: BatchId, services: Station) -> ManualCommands:
    """List what can be done by hand on the slot; no instrument is touched."""
    known = await manual.commands_on(services.config, services.layout, batch_id)
    return ManualCommands(
        batch_id=batch_id,
        commands=known.commands,
        steps=known.steps,
        parameters={name: spec.model_dump(mode="json") for name, spec in known.parameters.items()},
        simulated=await asyncio.to_thread(is_simulated, services.layout, services.config.batch(batch_id)),
    )


@router.post("")
async def command(
    batch_id: BatchId, request: ManualCommand, services: Station, client: Commanding, caller: Manager
) -> ManualAnswer:
    """Tell an instrument something, once.

    Without an open session one is opened for it and left again: what was switched on is off when this answers. A
    conflict while a run, or somebody else, has the slot.
    """
    answer = await in_session(
        client,
        services.config,
        services.layout,
        services.database,
        batch_id,
        lambda: manual.command(
            client,
            services.config,
            batch_id,
            instrument=request.hardware,
            name=request.command,
            arguments=request.params,
            by=caller.name,
            confirmed=request.confirm,
            reason=request.reason,
        ),
        by=caller.name,
        reason=request.reason,
    )
    return ManualAnswer.of(answer)


@router.post("/step")
async def step(
    batch_id: BatchId, request: ManualStep, services: Station, client: Commanding, caller: Manager
) -> ManualAnswer:
    """Run one step of the sequence by hand; it is no part of any run. Without a session, as a command does."""
    answer = await in_session(
        client,
        services.config,
        services.layout,
        services.database,
        batch_id,
        lambda: manual.run_step(
            client,
            services.config,
            batch_id,
            step=request.step,
            parameters=request.params,
            by=caller.name,
            reason=request.reason,
        ),
        by=caller.name,
        single_steps=True,
        reason=request.reason,
    )
    return ManualAnswer.of(answer)


@router.post("/open")
async def open_(
    batch_id: BatchId, services: Station, client: Commanding, caller: Manager, request: OpenManual = PLAINLY
) -> ManualSession:
    """Take the slot in hand; its instruments are connected and safe when this answers."""
    status = await manual.open_manual(
        client,
        services.config,
        services.layout,
        services.database,
        batch_id,
        by=caller.name,
        reason=request.reason,
        single_steps=request.steps,
        parameters=request.parameters,
        keeps_alive=request.keepalive,
    )
    return ManualSession.of(batch_id, status)


@router.post("/keepalive")
async def keepalive(batch_id: BatchId, services: Station, client: Commanding, caller: Holder) -> KeptAlive:
    """Say that the holder is there.

    Raises:
        CommandRefusedError: MANUAL_HELD, if somebody else has the slot in hand.
    """
    status = await _session(services, client, batch_id)
    if status.holder != caller.name:
        msg = f"{status.holder} has batch {batch_id} in hand, not {caller.name}."
        raise CommandRefusedError("MANUAL_HELD", msg, batch=batch_id, holder=status.holder)
    await manual.keep_alive(client, services.config, batch_id)
    return KeptAlive(batch_id=batch_id, session_id=status.session_id)


@router.post("/safe")
async def make_safe(
    batch_id: BatchId, services: Station, client: Commanding, caller: Stopper, request: Reason = NO_REASON
) -> ManualAnswer:
    """Make every instrument safe, cutting off what goes on; the session stays open. Whoever it is: towards safety."""
    answer = await manual.make_safe(client, services.config, batch_id, by=caller.name, reason=request.reason)
    return ManualAnswer.of(answer)


@router.post("/close")
async def close(
    batch_id: BatchId, services: Station, client: Commanding, caller: Holder, request: Reason = NO_REASON
) -> ManualClosed:
    """Make every instrument safe and end the session, one's own or somebody else's; the slot is free then."""
    status = await _session(services, client, batch_id)
    end = manual.leave if status.holder == caller.name else manual.dismiss
    return ManualClosed.of(
        batch_id, await end(client, services.config, batch_id, by=caller.name, reason=request.reason)
    )


async def _session(services: Services, client: Commanding, batch: str) -> ManualStatus:
    """Give the open session.

    Raises:
        BatchNotRunningError: If nobody has the slot in hand.
    """
    status = await manual.manual_status(client, services.config, batch)
    if status is None:
        msg = f"Nobody has batch {batch} in hand."
        raise BatchNotRunningError(msg, batch=batch)
    return status
