"""Writes runs for other programs: CSV that no spreadsheet takes for formulas, JSON; a page in memory at a time."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Iterable, Sequence

from pydantic_core import to_json

from api.schemas.results import RunDetail, RunSummary, StepRow
from station.storage.history import Position, RunFilter
from station.storage.runs import Runs

PAGE = 500
BOM = "\ufeff"
RUN_COLUMNS = (
    "execution_id", "batch_id", "sequence_name", "sequence_version", "wip_id", "process_id", "operator_id", "status",
    "outcome", "refused", "reason_code", "reason", "defects", "accepted_at", "started_at", "completed_at", "duration",
    "synced_at",
)  # fmt: skip
VALUE_COLUMNS = (
    "execution_id", "wip_id", "sequence_name", "sequence_version", "step_name", "attempt", "given_up", "step_status",
    "step_outcome", "started_at", "completed_at", "measurement", "value", "unit", "limit", "outcome",
)  # fmt: skip

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


async def runs_as_csv(runs: Runs, filter: RunFilter, *, bom: bool) -> AsyncIterator[str]:
    """Write the runs that pass, newest first, a row each; a StorageError passes through."""
    yield (BOM if bom else "") + _rows([RUN_COLUMNS])
    async for page in _pages(runs, filter):
        yield _rows([_cells_of(run) for run in page])


async def runs_as_json(runs: Runs, filter: RunFilter) -> AsyncIterator[bytes]:
    """Write the runs that pass, newest first, as one array; a StorageError passes through."""
    separator = b"["
    async for page in _pages(runs, filter):
        for run in page:
            yield separator + to_json(run)
            separator = b",\n"
    yield b"[]" if separator == b"[" else b"]"


def run_as_csv(run: RunDetail, *, bom: bool) -> str:
    """Write what a run measured, a row for each value; a step that measured nothing has one of its own."""
    rows: list[Sequence[object]] = [VALUE_COLUMNS]
    for step in run.steps:
        rows += _values_of(run, step)
    return (BOM if bom else "") + _rows(rows)


def cell(value: object) -> str:
    """Write a value so that a spreadsheet shows it, and runs nothing."""
    match value:
        case None:
            text = ""
        case bool():
            text = "true" if value else "false"
        case str():
            text = value
        case int() | float():
            text = repr(value)
        case _:
            text = json.dumps(value, ensure_ascii=False)
    if text.startswith(_DANGEROUS) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


async def _pages(runs: Runs, filter: RunFilter) -> AsyncIterator[list[RunSummary]]:
    # A transaction for each page: one that lasts as long as a slow download would hold the database's journal back.
    position = None
    while True:
        page = await runs.list(filter, PAGE, position)
        if page:
            yield [RunSummary.of(run) for run in page]
        if len(page) < PAGE:
            return
        position = Position(page[-1].accepted_at, page[-1].run_id)


def _cells_of(run: RunSummary) -> list[object]:
    told = {
        "reason_code": run.reason.code if run.reason else None,
        "reason": run.reason.message if run.reason else None,
        "defects": " ".join(run.defects),
    }
    values = run.model_dump(mode="json", exclude={"reason", "defects", "parameters"}) | told
    return [values[column] for column in RUN_COLUMNS]


def _values_of(run: RunDetail, step: StepRow) -> Iterable[list[object]]:
    same: list[object] = [
        run.execution_id, run.wip_id, run.sequence_name, run.sequence_version, step.step_name, step.attempt,
        step.given_up, step.status.value, step.outcome, step.started_at.isoformat(),
        step.completed_at.isoformat() if step.completed_at else None,
    ]  # fmt: skip
    if not step.measurements:
        yield [*same, None, None, None, None, None]
    for one in step.measurements:
        yield [*same, one.name, one.value, one.unit, one.limit_text, one.outcome.value]


def _rows(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()
