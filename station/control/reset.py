"""The embedded engine's file: how it stands, and beginning anew without leaving a run open for ever."""

from datetime import datetime, timedelta
from pathlib import Path

from pydantic import BaseModel
from temporalio.client import Client
from temporalio.service import RPCError

from station.config.model import StationConfig
from station.contracts.search import STATION
from station.control.abandoned import end_abandoned
from station.control.connect import address_of
from station.control.engine import find_binary, reset, version_of
from station.control.layout import Layout
from station.control.presence import alone
from station.control.status import reach
from station.domain.errors import EngineError, StationError
from station.domain.outcome import Outcome
from station.domain.run import RunReason, RunResult
from station.storage.batches import Batches
from station.storage.database import Database
from station.storage.migrate import migrate
from station.storage.run_rows import RunRecord
from station.storage.runs import Runs

ENGINE_RESET = "ENGINE_RESET"


class EngineReport(BaseModel):
    """How the engine stands.

    Attributes:
        embedded: False where the configuration names a server of somebody else's.
        binary: The `temporal` program; empty where there is none.
        version: What the program says of itself.
        file: The server's database file.
        made_by: The version that made the file; empty where there is no file yet.
        size_bytes: Of the file and its journal.
        reachable: Whether the server answers; `note` says why not.
        open_workflows: Of this station; None where nobody knows.
        problems: What keeps it from being used.
    """

    embedded: bool
    address: str
    binary: str = ""
    version: str = ""
    file: str = ""
    made_by: str = ""
    size_bytes: int = 0
    reachable: bool = False
    note: str = ""
    open_workflows: int | None = None
    problems: list[str] = []


class ResetReport(BaseModel):
    """What a reset did: where the old file is now, and the runs that ended with it."""

    archive: str
    aborted: list[str]


async def engine_report(config: StationConfig, layout: Layout) -> EngineReport:
    """Find out how the engine stands; nothing is started for it."""
    report = EngineReport(embedded=not config.temporal.address, address=address_of(config))
    if report.embedded:
        _look_at_program(config, report)
        _look_at_file(layout, report)
    try:
        client = await reach(config, "engine-status")
        report.reachable = True
        report.open_workflows = await _open_workflows(client, config.station.id)
    except EngineError as error:
        report.note = error.message
    except RPCError as error:
        report.problems.append(f"the server does not count its workflows: {error.message}")
    return report


async def begin_anew(config: StationConfig, layout: Layout, now: datetime, by: str) -> ResetReport:
    """Put the engine's file aside; runs that were open in it end as ABORTED with the reason ENGINE_RESET.

    Safe to repeat: what was cut off in the middle is completed. A StationUpError passes through where the station is
    up.

    Args:
        config: The station's configuration.
        layout: Where the station keeps its files.
        now: The time.
        by: Who asks for it.

    Raises:
        EngineError: If the engine is not the station's own, or there is nothing to put aside.
    """
    if config.temporal.address:
        msg = f"The Temporal server {config.temporal.address} is not the station's own; it is not reset from here."
        raise EngineError(msg, address=config.temporal.address)
    with alone(layout, "The engine's file is put aside"):
        archive: Path | None = None
        if layout.engine.exists():
            archive = reset(layout, now)
        aborted = await _abort_open_runs(config, layout, now, by)
    if archive is None and not aborted:
        msg = f"There is no engine file in {layout.engine} and no open run; nothing to reset."
        raise EngineError(msg)
    return ResetReport(archive=str(archive or ""), aborted=aborted)


async def _abort_open_runs(config: StationConfig, layout: Layout, now: datetime, by: str) -> list[str]:
    url = config.database_url(layout.base)
    await migrate(url)
    async with Database(url) as database:
        runs = Runs(database)
        batches = {record.batch: record for record in await Batches(database).all()}
        open_runs = await runs.open_runs()
        for run in open_runs:
            batch = batches.get(run.batch)
            # An open session may have left the instruments on; the batch's next process makes them safe.
            safe = batch is None or batch.session_run_id != run.run_id
            await end_abandoned(database, run, _ended(run, now, by, safe=safe))
    return [run.run_id for run in open_runs]


def _ended(run: RunRecord, now: datetime, by: str, *, safe: bool) -> RunResult:
    reason = RunReason(
        code=ENGINE_RESET, message=f"The engine was reset by {by} while the run was {run.state}; nobody knows its end."
    )
    return RunResult(
        run_id=run.run_id,
        outcome=Outcome.ABORTED,
        reason=reason,
        started_at=run.started_at or run.accepted_at,
        completed_at=now,
        recoveries=run.recoveries,
        hardware_safe=safe,
    )


def _look_at_program(config: StationConfig, report: EngineReport) -> None:
    try:
        binary = find_binary(config.temporal)
        report.binary = str(binary)
        report.version = version_of(binary)
    except StationError as error:
        report.problems.append(error.message)


def _look_at_file(layout: Layout, report: EngineReport) -> None:
    file, made_by = layout.engine / "temporal.db", layout.engine / "VERSION"
    report.file = str(file)
    if made_by.exists():
        report.made_by = made_by.read_text(encoding="utf-8").strip()
    report.size_bytes = sum(part.stat().st_size for part in layout.engine.glob("temporal.db*"))
    if report.size_bytes and report.version and report.made_by and report.made_by != report.version:
        report.problems.append(
            f"the file was made by “{report.made_by}”, the program is “{report.version}”, and the server does not "
            "migrate its file: let open runs end with the old version, or run `station engine reset`"
        )


async def _open_workflows(client: Client, station: str) -> int:
    query = f'{STATION.name} = "{station}" AND ExecutionStatus = "Running"'
    return (await client.count_workflows(query, rpc_timeout=timedelta(seconds=5))).count
