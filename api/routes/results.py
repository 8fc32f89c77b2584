"""Runs that are kept: searched, looked at, taken away."""

import re
from http import HTTPStatus
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import FileResponse, StreamingResponse

from api import exporting
from api.access.roles import Permission
from api.errors import ApiError
from api.guard import needs
from api.paging import RunCursor, read_cursor, write_cursor
from api.routes.logs import page_of_lines
from api.schemas.audit import AuditEntry
from api.schemas.in_seconds import Plan, told
from api.schemas.logs import LogsPage, RunLogsAsked
from api.schemas.results import (
    EventRow,
    EventsPage,
    ExportAsked,
    InstrumentRow,
    PromptRow,
    RunDetail,
    RunsPage,
    RunsPageAsked,
    RunSummary,
    StepRow,
)
from api.services import Services, Station
from station.control.owed import told_of_run
from station.domain.errors import RunNotFoundError
from station.domain.run import Attachment
from station.execution.files import FileStore
from station.storage.audit import Audit
from station.storage.events import Events
from station.storage.history import Position
from station.storage.prompts import Prompts
from station.storage.run_rows import RunRecord

router = APIRouter(prefix="/api/results", tags=["results"], dependencies=[needs(Permission.WATCH)])

ExecutionId = Annotated[str, Path(description="Id of the run.", pattern=r"^[0-9A-Za-z_.-]{1,64}$")]
Digest = Annotated[str, Path(description="SHA-256 of the file's content.", pattern=r"^[0-9a-f]{64}$")]

_RUNS = "runs"
_MEDIA_TYPE = re.compile(r"[a-z]+/[A-Za-z0-9.+-]+")
_RUN_BY_BROWSERS = ("html", "svg", "xml", "script")
_CSV = "text/csv; charset=utf-8"


class AttachmentNotFoundError(ApiError):
    """The run kept no such file, or the file is not there any more."""

    code = "ATTACHMENT_NOT_FOUND"
    status = HTTPStatus.NOT_FOUND


@router.get("")
async def list_results(asked: Annotated[RunsPageAsked, Query()], services: Station) -> RunsPage:
    """List runs, newest first: those under way, those that are over, and starts that were refused."""
    after = Position(*read_cursor(_RUNS, RunCursor, asked.cursor)) if asked.cursor else None
    found = await services.runs.list(asked.filter(), asked.limit + 1, after)
    more, page = len(found) > asked.limit, found[: asked.limit]
    cursor = write_cursor(_RUNS, page[-1].accepted_at, page[-1].run_id) if more else None
    return RunsPage(items=[RunSummary.of(run) for run in page], next_cursor=cursor)


@router.get("/export", response_class=StreamingResponse)
async def export_results(asked: Annotated[ExportAsked, Query()], services: Station) -> StreamingResponse:
    """Download the runs that pass, newest first, as they are when their turn comes."""
    if asked.format == "csv":
        rows = exporting.runs_as_csv(services.runs, asked.filter(), bom=asked.bom)
        return StreamingResponse(rows, media_type=_CSV, headers=_named("results.csv"))
    array = exporting.runs_as_json(services.runs, asked.filter())
    return StreamingResponse(array, media_type="application/json", headers=_named("results.json"))


@router.get("/{execution_id}")
async def get_result(execution_id: ExecutionId, services: Station) -> RunDetail:
    """Tell everything that is kept of a run."""
    return await _detail(services, execution_id)


@router.get("/{execution_id}/steps")
async def get_steps(execution_id: ExecutionId, services: Station) -> list[StepRow]:
    """List every attempt of every step of a run, with what it measured."""
    await _known(services, execution_id)
    return [StepRow.of(step) for step in await services.runs.steps(execution_id)]


@router.get("/{execution_id}/logs")
async def get_logs(execution_id: ExecutionId, asked: Annotated[RunLogsAsked, Query()], services: Station) -> LogsPage:
    """List the log lines of a run, newest first."""
    await _known(services, execution_id)
    return await page_of_lines(services, asked.filter(run_id=execution_id), asked.limit, asked.cursor)


@router.get("/{execution_id}/events")
async def get_events(
    execution_id: ExecutionId,
    services: Station,
    after: Annotated[int, Query(ge=0, lt=2**63, description="The last id that was seen.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> EventsPage:
    """List the live events of a run, oldest first."""
    await _known(services, execution_id)
    found = await Events(services.database).of_run(execution_id, after, limit)
    next_after = found[-1].id if len(found) == limit else None
    return EventsPage(items=[EventRow.of(event) for event in found], next_after=next_after)


@router.get("/{execution_id}/export", response_class=Response)
async def export_result(
    execution_id: ExecutionId,
    services: Station,
    format: Literal["json", "csv"] = "json",
    bom: Annotated[bool, Query(description="Whether the CSV begins with a byte order mark, for Excel.")] = False,
) -> Response:
    """Download a run: everything that is kept of it, or its values as a table."""
    run = await _detail(services, execution_id)
    headers = _named(f"{execution_id}.{format}")
    if format == "csv":
        return Response(exporting.run_as_csv(run, bom=bom), media_type=_CSV, headers=headers)
    return Response(run.model_dump_json(indent=2), media_type="application/json", headers=headers)


@router.get("/{execution_id}/attachments/{sha256}", response_class=FileResponse)
async def get_attachment(execution_id: ExecutionId, sha256: Digest, services: Station) -> FileResponse:
    """Download a file that a step of the run kept.

    Raises:
        AttachmentNotFoundError: If the run kept no such file, or the file is gone.
    """
    await _known(services, execution_id)
    steps = await services.runs.steps(execution_id)
    kept = [one for step in steps if step.result for one in step.result.attachments if one.sha256 == sha256]
    if not kept:
        msg = f"Run {execution_id} kept no file {sha256}."
        raise AttachmentNotFoundError(msg, execution_id=execution_id)
    path = FileStore(services.layout.files).path_of(sha256)
    if not path.is_file():
        msg = f"The file {kept[0].name} of run {execution_id} is not in the station's files any more."
        raise AttachmentNotFoundError(msg, execution_id=execution_id)
    headers = _named(kept[0].name) | {"Content-Security-Policy": "sandbox"}
    return FileResponse(path, media_type=_media_type(kept[0]), headers=headers)


async def _known(services: Services, run_id: str) -> RunRecord:
    """Give a run.

    Raises:
        RunNotFoundError: If there is none.
    """
    run = await services.runs.get(run_id)
    if run is None:
        msg = f"There is no run {run_id} in the results."
        raise RunNotFoundError(msg, run_id=run_id)
    return run


async def _detail(services: Services, run_id: str) -> RunDetail:
    run = await _known(services, run_id)
    database = services.database
    return RunDetail(
        **RunSummary.of(run).model_dump(),
        serial_number=await Events(database).serial_of(run_id),
        instruments=[InstrumentRow(name=name, **facts) for name, facts in sorted(run.instruments.items())],
        workflow_id=run.workflow_id,
        temporal_run_id=run.temporal_run_id,
        plan=told(Plan, run.plan) if run.plan else None,
        steps=[StepRow.of(step) for step in await services.runs.steps(run_id)],
        prompts=[PromptRow.of(prompt) for prompt in await Prompts(database).list(run_id)],
        mes=await told_of_run(database, run_id),
        audit=[AuditEntry.of(entry) for entry in await Audit(database).of_run(run_id)],
    )


def _named(name: str) -> dict[str, str]:
    """Have a browser keep the answer as a file, and never show it as a page."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)[:100]
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name[:200], safe='')}"}


def _media_type(kept: Attachment) -> str:
    known = kept.media_type
    if not _MEDIA_TYPE.fullmatch(known) or any(word in known for word in _RUN_BY_BROWSERS):
        return "application/octet-stream"
    return known
