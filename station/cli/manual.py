"""Manual control on the command line: who has a slot in hand, what can be told to it, and telling it."""

import asyncio
import contextlib
import signal
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from temporalio.client import Client

from station.cli.output import EXIT_ERROR, duration_text, out, print_json, styled, time_text, value_text
from station.cli.parameters import read_parameters
from station.cli.place import Place, user
from station.control import manual
from station.control.quarantine import clear_quarantine
from station.control.short_session import in_session
from station.domain.errors import BatchNotRunningError, CommandRefusedError
from station.domain.manual import Command, CommandAnswer, ManualStatus
from station.domain.measurement import describe_limit
from station.domain.values import ValueSpec


async def show(place: Place, batch: str, *, json: bool) -> int:
    """Show who has a slot in hand; a BatchNotFoundError passes through."""
    status = await manual.manual_status(await place.client(), place.config, batch)
    if json:
        print_json(status)
    elif status is None:
        out().print(f"{batch}: nobody has it in hand", markup=False)
    else:
        _print_status(out(), status)
    return 0


async def open_(place: Place, batch: str, *, steps: bool, hold: bool, reason: str, json: bool) -> int:
    """Take a slot in hand; with `hold` stay there, and make safe when this program ends, however it ends."""
    client = await place.client()
    async with place.database() as database:
        status = await manual.open_manual(
            client,
            place.config,
            place.layout,
            database,
            batch,
            by=user(),
            reason=reason,
            single_steps=steps,
            keeps_alive=hold,
        )
    if json:
        print_json(status)
    else:
        _print_status(out(), status)
    if hold:
        await _hold(client, place, batch)
    return 0


async def commands(place: Place, batch: str, *, json: bool) -> int:
    """List what can be done by hand on a slot."""
    known = await manual.commands_on(place.config, place.layout, batch)
    if json:
        print_json(known)
        return 0
    _print_commands(out(), known.commands)
    out().print(f"steps (station manual step {batch} STEP): {', '.join(known.steps)}", markup=False)
    return 0


async def do(place: Place, batch: str, words: Sequence[str], *, confirmed: bool, reason: str, json: bool) -> int:
    """Tell an instrument something; without an open session one is opened for it and left again.

    Raises:
        CommandRefusedError: If the command is not allowed; nothing was done.
    """
    full_name, *given = words or [""]
    instrument, _, name = full_name.partition(".")
    arguments = read_parameters(given, option="")
    client = await place.client()

    async def tell() -> CommandAnswer:
        return await manual.command(
            client,
            place.config,
            batch,
            instrument=instrument,
            name=name,
            arguments=arguments,
            by=user(),
            confirmed=confirmed,
        )

    try:
        async with place.database() as database:
            answer = await in_session(
                client, place.config, place.layout, database, batch, tell, by=user(), reason=reason
            )
    except CommandRefusedError as error:
        if error.code == "CONFIRMATION_MISSING":
            raise CommandRefusedError(error.code, f"{error.message} Say --yes if it is meant.") from error
        raise
    return _report(answer, json=json)


async def step(place: Place, batch: str, words: Sequence[str], *, reason: str, json: bool) -> int:
    """Run one step of the sequence; without an open session one is opened for it and left again."""
    name, *given = words or [""]
    parameters = read_parameters(given, option="")
    client = await place.client()
    async with place.database() as database:
        answer = await in_session(
            client,
            place.config,
            place.layout,
            database,
            batch,
            lambda: manual.run_step(client, place.config, batch, step=name, parameters=parameters, by=user()),
            by=user(),
            single_steps=True,
            reason=reason,
        )
    return _report(answer, json=json)


async def safe(place: Place, batch: str, *, reason: str, json: bool) -> int:
    """Make every instrument safe and keep the slot in hand."""
    answer = await manual.make_safe(await place.client(), place.config, batch, by=user(), reason=reason)
    return _report(answer, json=json)


async def leave(place: Place, batch: str, *, reason: str, json: bool) -> int:
    """Make every instrument safe and let go of the slot."""
    end = await manual.leave(await place.client(), place.config, batch, by=user(), reason=reason)
    if json:
        print_json(end)
    elif end.safe:
        out().print(f"{batch}: left; the instruments are safe", markup=False)
    else:
        problems = escape("; ".join(end.problems))
        out().print(f"{escape(batch)}: left; [bold red]the safe state could not be confirmed[/]: {problems}")
    return 0 if end.safe else EXIT_ERROR


async def clear(place: Place, batch: str, *, reason: str, make_safe: bool) -> int:
    """Let a slot take runs again."""
    place.config.batch(batch)
    async with place.database() as database:
        client = await place.client() if make_safe else None
        over = await clear_quarantine(
            place.config, place.layout, database, batch, by=user(), reason=reason, client=client
        )
    since = time_text(over.since)
    out().print(f"{batch}: takes runs again; it was in quarantine since {since}: {over.reason}", markup=False)
    return 0


async def _hold(client: Client, place: Place, batch: str) -> None:
    """Stay until Ctrl-C, or until the session is ended by somebody else."""
    ending = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    pause = place.config.manual.client_timeout.total_seconds() / 3
    out().print("Ctrl-C makes the instruments safe and leaves.")
    try:
        while not ending.is_set():
            await manual.keep_alive(client, place.config, batch)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), pause)
        await leave(place, batch, reason="", json=False)
    except BatchNotRunningError:
        out().print(f"{batch}: the session was ended; the instruments were made safe", markup=False)


def _report(answer: CommandAnswer, *, json: bool) -> int:
    if json:
        print_json(answer)
    else:
        _print_answer(out(), answer)
    return EXIT_ERROR if answer.fault else 0


def _print_answer(console: Console, answer: CommandAnswer) -> None:
    head = f"{escape(answer.what)}{escape(_given(answer))}"
    took = duration_text(answer.elapsed)
    if answer.fault:
        console.print(f"{head}: [bold red]{answer.fault.code}[/]: {escape(answer.fault.message)}")
    elif answer.report:
        part = "" if answer.report.finished else "  (one segment of it)"
        console.print(f"{head}: {styled(answer.report.outcome)}  {took}{part}")
    else:
        console.print(f"{head}: {escape(value_text(answer.value, answer.unit)) or 'done'}  {took}")
    for one in answer.measurements:
        value, limit = value_text(one.value, one.unit), describe_limit(one.limit)
        console.print(f"  {escape(one.name):<30} {styled(one.outcome)}  {escape(value)}  {escape(limit)}".rstrip())


def _print_status(console: Console, status: ManualStatus) -> None:
    single = ", for single steps" if status.single_steps else ""
    console.print(f"{escape(status.batch)}: in hand of {escape(status.holder)} since {time_text(status.since)}{single}")
    for name, identity in status.instruments.items():
        console.print(f"  {escape(name):<12} {escape(identity)}")
    if status.busy_with:
        console.print(f"  under way: {escape(status.busy_with)}")
    if status.expires:
        console.print(f"  closes by itself at {time_text(status.expires)} unless something is done")
    for answer in status.last:
        _print_answer(console, answer)


def _print_commands(console: Console, known: Sequence[Command]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("command", "arguments", "returns", "category", "", "description"):
        table.add_column(column, overflow="fold")
    for one in known:
        arguments = " ".join(_argument(name, spec) for name, spec in one.arguments.items())
        marks = "raw, --yes" if one.raw else "--yes" if one.confirm else ""
        description = one.description or one.title
        table.add_row(
            *(escape(text) for text in (one.full_name, arguments, one.returns, one.category, marks, description))
        )
    console.print(table)


def _argument(name: str, spec: ValueSpec) -> str:
    """Write what may be given: `voltage=0..30 V`."""
    if spec.options is not None:
        allowed = "|".join(str(option) for option in spec.options)
    elif spec.min is not None or spec.max is not None:
        low, high = ("" if bound is None else f"{bound:g}" for bound in (spec.min, spec.max))
        allowed = f"{low}..{high}"
    else:
        allowed = spec.type or "value"
    text = f"{name}={allowed}{f' {spec.unit}' if spec.unit else ''}"
    return text if spec.required else f"[{text}]"


def _given(answer: CommandAnswer) -> str:
    return "".join(f" {name}={value_text(value)}" for name, value in answer.arguments.items())
