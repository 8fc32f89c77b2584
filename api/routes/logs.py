"""The log of the station."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access.roles import Permission
from api.guard import needs
from api.paging import LineCursor, read_cursor, write_cursor
from api.schemas.logs import LogRow, LogsAsked, LogsPage
from api.services import Services, Station
from station.storage.logs import LogFilter, LogPosition, Logs

router = APIRouter(prefix="/api/logs", tags=["logs"], dependencies=[needs(Permission.WATCH)])

_LINES = "lines"


@router.get("")
async def list_logs(asked: Annotated[LogsAsked, Query()], services: Station) -> LogsPage:
    """List log lines, newest first."""
    wanted = asked.filter(batch=asked.batch_id, run_id=asked.execution_id)
    return await page_of_lines(services, wanted, asked.limit, asked.cursor)


async def page_of_lines(services: Services, wanted: LogFilter, limit: int, cursor: str | None) -> LogsPage:
    """Give a page of lines; a CursorError passes through."""
    after = LogPosition(*read_cursor(_LINES, LineCursor, cursor)) if cursor else None
    page = await Logs(services.database).page(wanted, limit, after)
    following = None if page.next is None else write_cursor(_LINES, page.next.time, page.next.id)
    return LogsPage(items=[LogRow.of(line) for line in page.lines], next_cursor=following)
