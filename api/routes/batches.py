"""The batches: how they stand, and what may be asked of them."""

from datetime import UTC, datetime

from fastapi import APIRouter, status

from api.access.roles import Permission
from api.errors import RequestInvalidError
from api.guard import Manager, Operator, Stopper, needs
from api.paths import BatchId
from api.schemas.batches import (
    NO_REASON,
    BatchDetail,
    BatchStatus,
    ClearRequest,
    GotoRequest,
    ProcessAnswer,
    Reason,
    RecoverRequest,
    RunAnswer,
    SkipRequest,
    Started,
    StartedTogether,
    StartRequest,
    StartTogether,
    StoppedAll,
    unit_of,
)
from api.services import Commanding, Services, Station
from api.standing import standing_of
from api.starting import IdempotencyKey, start_once, start_several
from station.control import commands
from station.control.quarantine import clear_quarantine
from station.control.together import stop_all
from station.domain.quarantine import Quarantine

router = APIRouter(prefix="/api/batches", tags=["batches"])


@router.get("", dependencies=[needs(Permission.WATCH)])
@router.get("/", dependencies=[needs(Permission.WATCH)], include_in_schema=False)
async def list_batches(services: Station) -> list[BatchStatus]:
    """Tell how every batch stands."""
    return [BatchStatus.of(each) for each in await standing_of(services)]


@router.get("/{batch_id}", dependencies=[needs(Permission.WATCH)])
async def get_batch(batch_id: BatchId, services: Station) -> BatchDetail:
    """Tell how a batch stands, with the steps of its run."""
    (standing,) = await standing_of(services, batch_id)
    return BatchDetail.of(standing)


@router.post("/{batch_id}/start")
async def start_batch(batch_id: BatchId, services: Station, client: Commanding, caller: Manager) -> ProcessAnswer:
    """Start the batch's process; the station remembers it for its next start."""
    return await _command(services, client, batch_id, "start", caller.name)


@router.post("/{batch_id}/stop")
async def stop_batch(batch_id: BatchId, services: Station, client: Commanding, caller: Manager) -> ProcessAnswer:
    """End the batch's process; a run on it waits until it is back."""
    return await _command(services, client, batch_id, "stop", caller.name)


@router.post("/{batch_id}/restart")
async def restart_batch(batch_id: BatchId, services: Station, client: Commanding, caller: Manager) -> ProcessAnswer:
    """End the batch's process and start it again."""
    return await _command(services, client, batch_id, "restart", caller.name)


@router.post("/{batch_id}/sequence/start", status_code=status.HTTP_202_ACCEPTED)
async def start_sequence(
    batch_id: BatchId,
    request: StartRequest,
    services: Station,
    client: Commanding,
    caller: Operator,
    key: IdempotencyKey = None,
) -> Started:
    """Start a run; with an Idempotency-Key, as often as one likes and once.

    Raises:
        RequestInvalidError: If what the MES needs, in `parameters`, is not what it must be.
    """
    services.config.batch(batch_id)
    try:
        unit, parameters = unit_of(request)
    except ValueError as error:
        msg = f"The unit cannot be understood: {error}"
        raise RequestInvalidError(msg) from error
    return await start_once(
        services,
        client,
        caller,
        key,
        batch=batch_id,
        unit=unit,
        parameters=parameters,
        without_mes=request.without_mes,
    )


@router.post("/{batch_id}/sequence/stop")
async def stop_sequence(
    batch_id: BatchId, services: Station, client: Commanding, caller: Stopper, request: Reason = NO_REASON
) -> RunAnswer:
    """Stop the run, or the manual control, on the slot; cleanup runs."""
    found = await commands.stop_run(client, services.config, batch_id, by=caller.name, reason=request.reason)
    return RunAnswer.of(batch_id, found)


@router.post("/start-together", status_code=status.HTTP_202_ACCEPTED)
async def start_on_several(
    request: StartTogether, services: Station, client: Commanding, caller: Operator, key: IdempotencyKey = None
) -> StartedTogether:
    """Start runs on several batches, which may meet before certain steps; what is refused is named.

    Raises:
        RequestInvalidError: If what the MES needs, in `parameters`, is not what it must be.
    """
    try:
        return await start_several(services, client, caller, key, request)
    except ValueError as error:
        msg = f"A unit cannot be understood: {error}"
        raise RequestInvalidError(msg) from error


@router.post("/stop")
async def stop_everything(
    services: Station, client: Commanding, caller: Stopper, request: Reason = NO_REASON
) -> StoppedAll:
    """Stop whatever is on any slot."""
    stopped = await stop_all(client, services.config, by=caller.name, reason=request.reason)
    return StoppedAll(stopped=stopped, at=datetime.now(UTC))


@router.post("/{batch_id}/pause")
async def pause(
    batch_id: BatchId, services: Station, client: Commanding, caller: Operator, request: Reason = NO_REASON
) -> RunAnswer:
    """Hold the run before its next step."""
    found = await commands.pause_run(client, services.config, batch_id, by=caller.name, reason=request.reason)
    return RunAnswer.of(batch_id, found)


@router.post("/{batch_id}/resume")
async def resume(
    batch_id: BatchId, services: Station, client: Commanding, caller: Operator, request: Reason = NO_REASON
) -> RunAnswer:
    """Let a paused run go on."""
    found = await commands.resume_run(client, services.config, batch_id, by=caller.name, reason=request.reason)
    return RunAnswer.of(batch_id, found)


@router.post("/{batch_id}/skip")
async def skip(
    batch_id: BatchId, request: SkipRequest, services: Station, client: Commanding, caller: Manager
) -> RunAnswer:
    """Leave a step out; the run can end ABORTED at best."""
    found = await commands.skip_step(
        client, services.config, batch_id, step=request.step, by=caller.name, reason=request.reason
    )
    return RunAnswer.of(batch_id, found)


@router.post("/{batch_id}/goto")
async def goto(
    batch_id: BatchId, request: GotoRequest, services: Station, client: Commanding, caller: Manager
) -> RunAnswer:
    """Have a step and those after it done again."""
    found = await commands.go_back(
        client,
        services.config,
        batch_id,
        step=request.step,
        by=caller.name,
        reason=request.reason,
        force=request.force,
    )
    return RunAnswer.of(batch_id, found)


@router.post("/{batch_id}/recover")
async def recover(
    batch_id: BatchId, request: RecoverRequest, services: Station, client: Commanding, caller: Operator
) -> RunAnswer:
    """Say what becomes of an interrupted run."""
    found = await commands.recover_run(
        client, services.config, batch_id, choice=request.choice, by=caller.name, reason=request.reason
    )
    return RunAnswer.of(batch_id, found)


@router.post("/{batch_id}/clear")
async def clear(
    batch_id: BatchId, request: ClearRequest, services: Station, client: Commanding, caller: Manager
) -> Quarantine:
    """Let a slot in quarantine take runs again; gives the quarantine that is over."""
    return await clear_quarantine(
        services.config,
        services.layout,
        services.database,
        batch_id,
        by=caller.name,
        reason=request.reason,
        client=client if request.make_safe else None,
    )


async def _command(services: Services, client: Commanding, batch: str, action: str, by: str) -> ProcessAnswer:
    found = await commands.command_batch(client, services.config, batch, action, by=by)
    return ProcessAnswer(batch_id=found.batch, state=found.state, pid=found.pid, restarts=found.restarts)
