"""How a station stands: its processes as the supervisor last wrote them, its runs as they answer themselves."""

import asyncio
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel
from temporalio.client import Client, WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from station.config.model import BatchConfig, StationConfig
from station.control.commands import ask_slot, run_handle
from station.control.connect import address_of, connect
from station.control.layout import Layout
from station.control.presence import StationPresence, presence
from station.domain.errors import EngineError, StationError
from station.domain.manual import ManualStatus
from station.domain.plan import PackageRef
from station.domain.quarantine import Quarantine
from station.domain.run import RunStatus
from station.storage.batches import Batches, BatchRecord
from station.storage.database import Database
from station.storage.run_rows import RunRecord
from station.storage.runs import Runs

ANSWER_WITHIN = timedelta(seconds=2)
"""How long a run may take to say where it is; after that the database is asked."""


class EngineStatus(BaseModel):
    """Whether the Temporal server answers; `note` says why not."""

    address: str
    reachable: bool
    note: str = ""


class ProcessStatus(BaseModel):
    """A batch's process, as the supervisor last wrote it.

    Attributes:
        state: starting, running, backoff, stopped, error ...; down with the station; unknown where it was never up.
        desired: running or stopped: what somebody asked for.
        restarts: Restarts in a row.
        alert: What needs a person's attention; empty if nothing does.
    """

    state: str = "unknown"
    desired: str = ""
    pid: int | None = None
    since: datetime | None = None
    restarts: int = 0
    rss_bytes: int | None = None
    cpu_percent: float | None = None
    alert: str = ""
    hardware_safe: bool | None = None


class BatchStatus(BaseModel):
    """One batch and what runs on it.

    Attributes:
        run: The run under way; None where there is none.
        manual: Who has the slot in hand; None where nobody has.
        quarantine: Why the slot takes no run, and since when; None: it takes runs.
        sequence: The package the run is pinned to; None where there is no run.
        source: Who told of the run: itself, through the engine, or the database, which may be a little behind.
    """

    batch: str
    name: str
    sequence_package: str
    process: ProcessStatus
    run: RunStatus | None = None
    wip: str | None = None
    source: Literal["engine", "database"] = "engine"
    quarantine: Quarantine | None = None
    manual: ManualStatus | None = None
    sequence: PackageRef | None = None


class StationStatus(BaseModel):
    """How a station stands; `problems` are what kept parts of the answer from being found out."""

    id: str
    name: str
    presence: StationPresence
    engine: EngineStatus
    batches: list[BatchStatus]
    problems: list[str] = []


async def station_status(config: StationConfig, layout: Layout) -> StationStatus:
    """Find out how the station stands; whatever is down, an answer comes within a few seconds."""
    problems: list[str] = []
    client, engine = await _engine(config)
    try:
        async with Database(config.database_url(layout.base)) as database:
            batches = await batch_statuses(client, config, layout, database)
    except StationError as error:
        problems.append(error.message)
        batches = await _statuses(client, config, layout, config.batches, [], [])
    return StationStatus(
        id=config.station.id,
        name=config.station.name,
        presence=presence(layout),
        engine=engine,
        batches=batches,
        problems=problems,
    )


async def batch_statuses(
    client: Client | None, config: StationConfig, layout: Layout, database: Database, only: Collection[str] = ()
) -> list[BatchStatus]:
    """Find out how batches stand; a StorageError passes through.

    Args:
        client: Connected to the station's Temporal server; None where it is away: then the database tells of the runs.
        config: The station's configuration.
        layout: Where the station keeps its files.
        database: The open results database.
        only: Ids of the batches; empty: all. A BatchNotFoundError passes through where there is no such batch.
    """
    batches = [config.batch(name) for name in only] or config.batches
    records, open_runs = await Batches(database).all(), await Runs(database).open_runs(plans=False)
    return await _statuses(client, config, layout, batches, records, open_runs)


async def reach(config: StationConfig, who: str, runtime: Runtime | None = None) -> Client:
    """Connect to a server that should be up.

    Args:
        config: The station's configuration.
        who: Who connects, as Temporal's own tools show it.
        runtime: The SDK's runtime, where the process has one of its own.

    Raises:
        EngineError: If it does not answer within two seconds, or something else listens there.
    """
    try:
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            identity = f"{config.station.id}/{who}"
            return await connect(config, identity=identity, within=timedelta(), runtime=runtime)
    except TimeoutError as error:
        address = address_of(config)
        msg = f"What listens at {address} does not answer as a Temporal server does; is it another program?"
        raise EngineError(msg, address=address) from error


async def live_status(client: Client, config: StationConfig, batch: str) -> RunStatus | None:
    """Ask the run on a batch's slot where it is; None where it has none. As `slot_status`, which says more."""
    status = await slot_status(client, config, batch)
    return status if isinstance(status, RunStatus) else None


async def slot_status(client: Client, config: StationConfig, batch: str) -> RunStatus | ManualStatus | None:
    """Ask whoever has a batch's slot where it is: its run, or a manual session; both answer the same question.

    Returns:
        Its answer; None where the slot is free.

    Raises:
        EngineError: If it does not answer in time: the engine's process is away, or overloaded.
    """
    try:
        return await ask_slot(run_handle(client, config, batch), ANSWER_WITHIN, QueryRejectCondition.NOT_OPEN)
    except WorkflowQueryRejectedError:
        return None
    except WorkflowQueryFailedError as error:
        msg = f"The run on batch {batch} cannot say where it is: {error}"
        raise EngineError(msg, batch=batch) from error
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        msg = f"The engine did not say within {ANSWER_WITHIN.total_seconds():g} s where the run on batch {batch} is."
        raise EngineError(msg, batch=batch) from error


async def _engine(config: StationConfig) -> tuple[Client | None, EngineStatus]:
    address = address_of(config)
    try:
        client = await reach(config, "status")
    except EngineError as error:
        return None, EngineStatus(address=address, reachable=False, note=error.message)
    return client, EngineStatus(address=address, reachable=True)


async def _statuses(
    client: Client | None,
    config: StationConfig,
    layout: Layout,
    batches: Iterable[BatchConfig],
    records: Iterable[BatchRecord],
    open_runs: Iterable[RunRecord],
) -> list[BatchStatus]:
    found = await asyncio.gather(*(_batch_status(client, config, batch, records, open_runs) for batch in batches))
    if not config.temporal.address and not presence(layout).up:
        for batch in found:
            batch.process = _without_supervisor(batch.process)
    return found


async def _batch_status(
    client: Client | None,
    config: StationConfig,
    batch: BatchConfig,
    records: Iterable[BatchRecord],
    open_runs: Iterable[RunRecord],
) -> BatchStatus:
    known = next((record for record in records if record.batch == batch.id), None)
    recorded = next((run for run in reversed(list(open_runs)) if run.batch == batch.id), None)
    status, source = await _slot_status(client, config, batch.id, recorded)
    run = status if isinstance(status, RunStatus) else None
    return BatchStatus(
        batch=batch.id,
        name=batch.name,
        sequence_package=batch.sequence_package,
        process=ProcessStatus() if known is None else _process(known),
        run=run,
        wip=recorded.unit.wip if recorded and run and recorded.run_id == run.run_id else None,
        sequence=recorded.package if recorded and run and recorded.run_id == run.run_id else None,
        source=source,
        quarantine=known.quarantine if known else None,
        # What can be done by hand is not part of how a station stands; `manual_status` tells it.
        manual=status.model_copy(update={"commands": []}) if isinstance(status, ManualStatus) else None,
    )


async def _slot_status(
    client: Client | None, config: StationConfig, batch: str, recorded: RunRecord | None
) -> tuple[RunStatus | ManualStatus | None, Literal["engine", "database"]]:
    if client is not None:
        try:
            return await slot_status(client, config, batch), "engine"
        except EngineError:
            pass
    if recorded is None:
        return None, "database"
    status = RunStatus(run_id=recorded.run_id, batch=batch, state=recorded.state, recoveries=recorded.recoveries)
    return status, "database"


def _process(record: BatchRecord) -> ProcessStatus:
    return ProcessStatus(
        state=record.process_state,
        desired=record.desired,
        pid=record.pid,
        since=record.process_started_at,
        restarts=record.restarts,
        rss_bytes=record.rss_bytes,
        cpu_percent=record.cpu_percent,
        alert=record.alert,
        hardware_safe=record.hardware_safe,
    )


def _without_supervisor(process: ProcessStatus) -> ProcessStatus:
    """What was last written of a process whose supervisor is gone, and which is gone with it."""
    return ProcessStatus(state="down", desired=process.desired, alert="", hardware_safe=process.hardware_safe)
