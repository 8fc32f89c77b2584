"""Says how the MES was told of a run, in one line for each thing it is told."""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import timedelta

from rich.console import Console
from rich.markup import escape

from station.cli.output import duration_text, styled
from station.cli.picture import Picture
from station.control.owed import Owed, OwedEntry, owed, told_of_run
from station.domain.delivery import DeliveryState, MesAction
from station.domain.run import UnitUnderTest
from station.storage.database import Database

POLL = timedelta(milliseconds=20)

WORDS = {MesAction.START: "start", MesAction.COMPLETE: "end", MesAction.CONVERT: "serial number"}
"""What people call the three things the MES is told."""

_REFUSED = {DeliveryState.PARKED, DeliveryState.REFUSED}


async def how_it_was_told(database: Database, run_id: str, patience: timedelta) -> list[OwedEntry]:
    """Find out what became of everything the MES is told of a run that is over.

    The slot is not kept waiting for the MES at a run's end, so whoever wants to know waits here: for the first call of
    each, unless something else that is owed for the unit is in its way.

    Args:
        database: The open results database.
        run_id: The run.
        patience: How long to wait.
    """
    loop = asyncio.get_running_loop()
    give_up = loop.time() + patience.total_seconds()
    while True:
        told = await told_of_run(database, run_id)
        everything = await owed(database)
        if not any(_is_imminent(entry, everything) for entry in told) or loop.time() > give_up:
            return told
        await asyncio.sleep(POLL.total_seconds())


def is_refused(entry: OwedEntry) -> bool:
    """Whether the MES, or the station for it, said no."""
    return entry.state in _REFUSED


def print_told(console: Console, told: Sequence[OwedEntry]) -> None:
    """Write how the MES was told; a run without MES has nothing to tell."""
    for number, entry in enumerate(told):
        console.print(f"{'MES:' if number == 0 else '':<8} {describe(entry)}")


def brief_summary(picture: Picture, unit: UnitUnderTest, told: Sequence[OwedEntry]) -> str:
    """Write in one line what a run came to and how the MES was told."""
    result = picture.result
    if result is None:
        why = f"{picture.refused.code}: {picture.refused.message}" if picture.refused else ""
        return f"[yellow]refused[/]  process {unit.process}  {escape(why)}"
    took = duration_text(result.completed_at - result.started_at)
    parts = [styled(result.outcome), f"process {unit.process}", took, f"run {picture.run_id}"]
    if result.reason:
        parts.append(escape(f"{result.reason.code}: {result.reason.message}"))
    if told:
        parts.append("MES: " + ", ".join(describe(entry) for entry in told))
    return "  ".join(parts)


def describe(entry: OwedEntry) -> str:
    """Write what became of one thing the MES is told."""
    what = WORDS[entry.action]
    match entry.state:
        case DeliveryState.DELIVERED:
            result = f" {entry.result}" if isinstance(entry.result, str) else ""
            return f"{what}{result} [green]delivered[/]"
        case DeliveryState.PENDING:
            return f"{what} [yellow]queued[/]{_because(entry)}"
        case DeliveryState.PARKED:
            return f"{what} [bold red]needs a person[/]{_because(entry)} (station queue)"
        case DeliveryState.REFUSED:
            return f"{what} [bold red]refused[/]{_because(entry)}"
        case _:
            return f"{what} [dim]discarded[/]{_because(entry)}"


def _because(entry: OwedEntry) -> str:
    """Why, in both languages where the reason is known, and as it was recorded."""
    known = [text for text in (entry.reason_ko, entry.reason) if text]
    parts = [" · ".join(known), entry.last_error]
    return "".join(f": {escape(part)}" for part in parts if part)


def _is_imminent(entry: OwedEntry, everything: Owed) -> bool:
    """Whether the first call for it is about to be made."""
    before = itertools.takewhile(lambda other: other.item_id != entry.item_id, everything.items)
    in_its_way = any(other.wip == entry.wip and other.attempts for other in before)
    return entry.state is DeliveryState.PENDING and not entry.attempts and not in_its_way
