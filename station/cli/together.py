"""`station run` on several batches, and `station stop --all`: starts them, says how each ends, stops them together."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.markup import escape

from station.cli.output import (
    EXIT_DETACHED,
    EXIT_ERROR,
    EXIT_REFUSED,
    OUTCOME_EXIT,
    duration_text,
    err,
    out,
    print_error,
    print_json,
    styled,
)
from station.cli.place import Place, user, wait_for
from station.cli.telling import describe, how_it_was_told, is_refused
from station.control import commands
from station.control.owed import OwedEntry
from station.control.together import Order, Started, start_together, stop_all
from station.domain.errors import BatchNotRunningError, EngineError, ParameterError
from station.domain.outcome import worst
from station.domain.run import UnitUnderTest
from station.storage.run_rows import RunRecord
from station.storage.runs import Runs

LOOK_EVERY = timedelta(milliseconds=250)

Ended = dict[str, tuple[RunRecord, list[OwedEntry]]]
"""Each run that has ended, by its id, and how the MES was told of it."""


def units(batches: Sequence[str], wips: Sequence[str], unit: UnitUnderTest) -> dict[str, UnitUnderTest]:
    """Say which unit is on which batch: `--wip WIP` for one batch, `--wip BATCH=WIP` for each of several.

    Raises:
        ParameterError: If it is not clear; the message lists all problems.
    """
    if len(batches) == 1 and len(wips) == 1 and not wips[0].startswith(f"{batches[0]}="):
        return {batches[0]: unit.model_copy(update={"wip": wips[0]})}
    found: dict[str, UnitUnderTest] = dict.fromkeys(batches, unit)
    problems = []
    for said in wips:
        batch, sign, wip = said.partition("=")
        if not sign or batch not in found:
            problems.append(
                f"--wip {said}: which batch is it on? Write --wip BATCH=WIP with one of {', '.join(batches)}"
            )
        else:
            found[batch] = unit.model_copy(update={"wip": wip})
    if problems:
        raise ParameterError("; ".join(problems), problems=problems)
    return found


async def run(place: Place, orders: Sequence[Order], *, meet_at: Sequence[str], wait: bool, json: bool) -> int:
    """Start runs, say how each ends, and give the exit code of the worst; StationErrors pass through."""
    client = await place.client()
    async with place.database() as database:
        runs = Runs(database)
        started_by = orders[0].unit.operator or user()
        started = await start_together(
            client, place.config, place.layout, runs, orders, started_by=started_by, meet_at=meet_at
        )
        for one in started:
            if one.refused is not None:
                print_error(one.refused)
            elif not json:
                out().print(f"run {one.run_id} on {escape(one.order.batch)} is started")
        under_way = [one for one in started if one.run_id]
        ended: Ended = {}
        watching = _Watching(place, under_way)
        if wait and under_way:
            async with watching:
                while len(ended) < len(under_way) and not watching.detached:
                    await asyncio.sleep(LOOK_EVERY.total_seconds())
                    for one in under_way:
                        record = None if one.run_id in ended else await runs.get(one.run_id)
                        if record is None or record.outcome is None:
                            continue
                        tells_mes = bool(place.config.backend.url) and not one.order.without_mes
                        online_wait = place.config.backend.online_wait
                        told = await how_it_was_told(database, one.run_id, online_wait) if tells_mes else []
                        ended[one.run_id] = (record, list(told))
                        if not json:
                            out().print(_line(one, *ended[one.run_id]))
    if json:
        print_json([_for_machines(one, ended) for one in started])
    if wait and len(ended) < len(under_way):
        err().print("No longer watching; the runs go on: station status")
        return EXIT_DETACHED
    return _exit_code(started, ended)


def stop(config_file: Path, reason: str) -> None:
    """Stop the run on every batch."""
    place = Place.of(config_file)

    async def work() -> list[str]:
        return await stop_all(await place.client(), place.config, by=user(), reason=reason)

    stopped = wait_for(work())
    for batch in stopped:
        out().print(f"{batch}: the run was told to stop; cleanup runs", markup=False)
    if not stopped:
        out().print("no batch has a run under way")


class _Watching:
    """Ctrl-C stops all of them; a second one only ends the watching."""

    def __init__(self, place: Place, started: Sequence[Started]) -> None:
        self.detached = False
        self._place = place
        self._started = started
        self._stopping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        with suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._interrupt)

    async def __aexit__(self, *_: object) -> None:
        with suppress(NotImplementedError):
            asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
        if self._stopping is not None:
            self._stopping.cancel()

    def _interrupt(self) -> None:
        if self._stopping is not None:
            self.detached = True
            return
        err().print("Ctrl-C: the runs are being stopped, with cleanup; Ctrl-C again only stops watching.")
        self._stopping = asyncio.create_task(self._stop())

    async def _stop(self) -> None:
        client, config = await self._place.client(), self._place.config
        left = [one.order.batch for one in self._started]
        while left:
            for batch in list(left):
                with suppress(EngineError, BatchNotRunningError):
                    await commands.stop_run(client, config, batch, by=user(), reason="Ctrl-C at the keyboard")
                left.remove(batch)


def _line(one: Started, record: RunRecord, told: Sequence[OwedEntry]) -> str:
    took = record.completed_at - record.started_at if record.completed_at and record.started_at else timedelta()
    parts = [
        styled(record.outcome or ""),
        escape(one.order.batch),
        escape(one.order.unit.wip or ""),
        duration_text(took),
    ]
    parts.append(f"run {one.run_id}")
    if record.reason:
        parts.append(escape(f"{record.reason.code}: {record.reason.message}"))
    if told:
        parts.append("MES: " + ", ".join(describe(entry) for entry in told))
    return "  ".join(part for part in parts if part)


def _for_machines(one: Started, ended: Ended) -> dict[str, Any]:
    about: dict[str, Any] = {"batch": one.order.batch, "run_id": one.run_id or None}
    if one.refused is not None:
        return {**about, "refused": True, "reason": {"code": one.refused.code, "message": one.refused.message}}
    if one.run_id not in ended:
        return about
    record, told = ended[one.run_id]
    reason = record.reason.model_dump(mode="json") if record.reason else None
    mes = [entry.model_dump(mode="json") for entry in told]
    return {**about, "outcome": record.outcome, "reason": reason, "mes": mes}


def _exit_code(started: Sequence[Started], ended: Ended) -> int:
    if any(one.refused is not None for one in started):
        return EXIT_ERROR
    code = OUTCOME_EXIT[worst(record.outcome for record, _ in ended.values() if record.outcome is not None)]
    refused = any(is_refused(entry) for _, told in ended.values() for entry in told)
    return EXIT_REFUSED if code == 0 and refused else code
