"""`station queue` and `station convert`: shows what the MES is owed, and passes a person's decisions on."""

import asyncio
from datetime import timedelta

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from station.cli.output import EXIT_REFUSED, duration_text, out, print_json
from station.cli.place import Place, user
from station.cli.telling import describe, is_refused
from station.control import queue
from station.control.owed import Owed, OwedEntry, entry_of, owed, reason_ko
from station.control.queue import Conversion, ConversionState
from station.domain.delivery import DeliveryState
from station.domain.errors import ParameterError
from station.storage.database import Database
from station.storage.queue import SyncQueue

ANSWER_WITHIN = timedelta(seconds=5)
"""How long a retry waits for what comes of it."""


async def show(place: Place, *, json: bool) -> None:
    """Write what is owed, oldest first; a StorageError passes through."""
    async with place.database() as database:
        everything = await owed(database)
    if json:
        print_json(everything)
    else:
        print_owed(out(), everything)


async def send(place: Place, wip: str | None, *, json: bool) -> None:
    """Let deliveries make their next try at once."""
    client = await place.client()
    async with place.database() as database:
        wips = await queue.send_now(client, place.config, database, wip, by=user())
    if json:
        print_json({"wips": list(wips)})
    elif wips:
        out().print(f"what is owed for {', '.join(wips)} is sent now; station queue tells what comes of it")
    else:
        out().print("nothing waits for being sent" + (f" for {wip}" if wip else ""))


async def retry(place: Place, wanted: str, *, result: str | None, reason: str, json: bool) -> int:
    """Have a parked item tried again, and write what came of it; gives the exit code."""
    client = await place.client()
    async with place.database() as database:
        item = await find_item(database, wanted)
        before = await SyncQueue(database).get(item)
        entry = await queue.decide(
            client, place.config, database, item, action=queue.RETRY, by=user(), reason=reason, result=result
        )
        entry = await _tried(database, entry, before.attempts if before else 0)
    if json:
        print_json(entry)
    else:
        out().print(f"{escape(entry.item_id)}: {describe(entry)}")
    return EXIT_REFUSED if is_refused(entry) else 0


async def discard(place: Place, wanted: str, *, reason: str, json: bool) -> None:
    """Have a parked item never sent."""
    client = await place.client()
    async with place.database() as database:
        item = await find_item(database, wanted)
        entry = await queue.decide(client, place.config, database, item, action=queue.DISCARD, by=user(), reason=reason)
    if json:
        print_json(entry)
    else:
        out().print(f"{item}: is not sent; the reason is kept with it", markup=False)


async def convert(place: Place, wip: str, *, operator: str, notes: str, json: bool) -> int:
    """Ask for a serial number and write it, or why there is none yet; gives the exit code."""
    queue.check_conversion(place.config, wip, operator)
    client = await place.client()
    async with place.database() as database:
        answer = await queue.convert(client, place.config, database, wip, operator=operator, notes=notes, by=user())
    if json:
        print_json(answer)
    else:
        for line in _conversion(answer):
            out().print(line, markup=False)
    return EXIT_REFUSED if answer.state is ConversionState.REFUSED else 0


async def find_item(database: Database, wanted: str) -> str:
    """Find an open item by its id, or by an end of its own or its run's id that no other one has.

    Raises:
        ParameterError: If none is named, or more than one may be meant.
    """
    if not wanted:
        msg = "Which item? `station queue` lists them; an end of the run's id is enough."
        raise ParameterError(msg)
    text = wanted.upper()
    items = (await owed(database)).items
    found = [
        item.item_id
        for item in items
        if item.state is DeliveryState.PARKED and (item.item_id.upper().endswith(text) or item.run_id.endswith(text))
    ]
    if any(item.item_id == wanted for item in items) or not found:
        return wanted
    if len(found) > 1:
        msg = f"{wanted} may be {len(found)} items: {', '.join(found[:3])}; write more of it."
        raise ParameterError(msg, items=found)
    return found[0]


def print_owed(console: Console, everything: Owed) -> None:
    """Write what is owed as a table, with its sum below."""
    if not everything.items:
        console.print("Nothing is owed to the MES.")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("age", "action", "WIP", "process", "state", "attempts", "last error", "item"):
        table.add_column(
            column, justify="right" if column in {"age", "attempts", "process"} else "left", overflow="fold"
        )
    for item in everything.items:
        table.add_row(
            duration_text(timedelta(seconds=item.age_s)),
            item.action.value,
            escape(item.wip),
            str(item.process or ""),
            "[bold red]parked[/]" if item.state is DeliveryState.PARKED else "[yellow]pending[/]",
            str(item.attempts),
            escape(item.last_error),
            escape(item.item_id),
        )
        for text in (item.reason_ko, item.reason):
            if text:
                table.add_row("", "", "", "", "", "", f"→ {escape(text)}", "")
    console.print(table)
    console.print(sum_of(everything))


def sum_of(everything: Owed) -> str:
    """Write in one line what is owed: `2 pending, 1 needs a person (station queue), oldest 3:05`."""
    if everything.oldest_s is None:
        return "nothing is owed"
    oldest = duration_text(timedelta(seconds=everything.oldest_s))
    parts = [f"{everything.pending} pending"]
    if everything.parked:
        verb = "needs" if everything.parked == 1 else "need"
        parts.append(f"{everything.parked} {verb} a person (station queue retry|discard)")
    return ", ".join([*parts, f"oldest {oldest}"])


def _conversion(answer: Conversion) -> list[str]:
    match answer.state:
        case ConversionState.CONVERTED:
            return [f"{answer.wip} → {answer.serial or 'converted; the MES does not tell its serial number'}"]
        case ConversionState.QUEUED:
            because = f": {answer.error}" if answer.error else ", behind what is owed for it before"
            return [f"{answer.wip}: the conversion is queued{because}"]
        case ConversionState.REFUSED:
            if answer.refusal is None:
                return [f"{answer.wip}: the conversion was discarded"]
            code = answer.refusal.code
            korean = reason_ko(code) or answer.refusal.message_ko
            return [f"{answer.wip} is not converted: {code}: {answer.refusal.message}", korean]


async def _tried(database: Database, entry: OwedEntry, calls: int) -> OwedEntry:
    """Wait until a call has been made for an item, or for as long as people wait."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + ANSWER_WITHIN.total_seconds()
    while entry.state is DeliveryState.PENDING and entry.attempts <= calls and loop.time() < give_up:
        await asyncio.sleep(0.05)
        record = await SyncQueue(database).get(entry.item_id)
        entry = entry_of(record) if record else entry
    return entry
