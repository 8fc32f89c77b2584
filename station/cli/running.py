"""`station run`: starts a run and stays with it until it is over, whatever restarts in between."""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, assert_never

from pydantic import JsonValue
from rich.console import Console
from rich.markup import escape
from temporalio.client import Client, WorkflowFailureError
from temporalio.service import RPCError

from station.cli.live import Screen, print_summary, screen_for
from station.cli.output import EXIT_DETACHED, EXIT_ERROR, EXIT_REFUSED, OUTCOME_EXIT, err, out, print_json
from station.cli.picture import Picture
from station.cli.place import Place, user
from station.cli.telling import brief_summary, how_it_was_told, is_refused, print_told
from station.control.commands import run_handle, stop_run
from station.control.owed import OwedEntry
from station.control.starting import start_run
from station.control.status import live_status
from station.control.watching import EventFeed
from station.domain.errors import BatchNotRunningError, CommandRefusedError, EngineError, RunVanishedError
from station.domain.events import EventType
from station.domain.run import UnitUnderTest
from station.storage.database import Database
from station.storage.events import Events
from station.storage.runs import Runs

REDRAW = timedelta(milliseconds=250)
QUIET = timedelta(seconds=2)
"""After this long without news the run itself is asked whether it is still there."""
CLOSING = timedelta(seconds=3)
"""How long the slot may take to become free after the run's result is written."""


class Manner(StrEnum):
    """How a run is shown."""

    FULL = "full"
    """Each step as it goes on, and what the run came to."""
    BRIEF = "brief"
    """One line when it is over."""
    JSON = "json"
    """The result, for machines."""


@dataclass(frozen=True)
class RunWish:
    """What is asked for: which unit, on which batch, with which parameters."""

    batch: str
    unit: UnitUnderTest
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    without_mes: bool = False


async def run(
    place: Place, wish: RunWish, *, wait: bool = True, manner: Manner = Manner.FULL, console: Console | None = None
) -> int:
    """Start a run, watch it, and give the exit code that tells its outcome.

    StationErrors pass through: what refuses the start, and a run that is gone without a result.
    """
    console = console or out()
    client = await place.client()
    async with place.database() as database:
        after = await Events(database).last_id()
        run_id = await start_run(
            client,
            place.config,
            place.layout,
            Runs(database),
            batch_id=wish.batch,
            unit=wish.unit,
            parameters=wish.parameters,
            started_by=wish.unit.operator or user(),
            without_mes=wish.without_mes,
        )
        if not wait:
            _say_started(console, run_id, wish.batch, json=manner is Manner.JSON)
            return 0
        tells_mes = bool(place.config.backend.url) and not wish.without_mes
        if manner is Manner.FULL:
            console.print(_heading(run_id, wish, tells_mes=tells_mes))
        watcher = Watcher(place, client, database, Picture(run_id, wish.batch), after)
        with screen_for(console, silent=manner is not Manner.FULL) as screen:
            detached = await watcher.watch(screen)
        told = await how_it_was_told(database, run_id, place.config.backend.online_wait) if tells_mes else []
    picture = watcher.picture
    if detached or not picture.over:
        err().print(f"No longer watching; the run goes on: station status, station show {run_id}")
        return EXIT_DETACHED
    match manner:
        case Manner.JSON:
            print_json(_for_machines(picture, told))
        case Manner.BRIEF:
            console.print(brief_summary(picture, wish.unit, told))
        case Manner.FULL:
            print_summary(console, picture)
            print_told(console, told)
        case _:
            assert_never(manner)
    return _exit_code(picture, told)


def _exit_code(picture: Picture, told: Sequence[OwedEntry]) -> int:
    """The outcome's; a unit that PASSED for us alone is not 0, because the MES does not let it go on."""
    if picture.result is None:
        return EXIT_REFUSED
    code = OUTCOME_EXIT.get(picture.result.outcome, EXIT_ERROR)
    return EXIT_REFUSED if code == 0 and any(is_refused(entry) for entry in told) else code


class Watcher:
    """Stays with one run: follows its events, asks it when it is quiet, and passes Ctrl-C on as a stop."""

    def __init__(self, place: Place, client: Client, database: Database, picture: Picture, after: int) -> None:
        self.picture = picture
        self._place = place
        self._client = client
        self._runs = Runs(database)
        self._feed = EventFeed(database, after)
        self._detached = asyncio.Event()
        self._stopping: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._gone = 0

    async def watch(self, screen: Screen) -> bool:
        """Watch until the run is over, or the second Ctrl-C; tells whether it was the latter.

        Raises:
            RunVanishedError: If the run is no longer open in the engine and has no result.
        """
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):
            loop.add_signal_handler(signal.SIGINT, self._interrupt)
        try:
            last_news = loop.time()
            while not self.picture.over and not self._detached.is_set():
                events = await self._feed.next(REDRAW)
                for event in events:
                    if event.run_id == self.picture.run_id and event.type == EventType.RUN_ACCEPTED:
                        await self._read_plan()
                    self.picture.take(event)
                    screen.show(self.picture)
                if events:
                    last_news, self.picture.note, self._gone = loop.time(), "", 0
                elif loop.time() - last_news > QUIET.total_seconds():
                    self._ask()
                if self._gone >= 3:
                    msg = (
                        f"Run {self.picture.run_id} is not open in the engine any more and has no result; was it "
                        "terminated by hand? `station engine reset` or a new run ends what the database still shows."
                    )
                    raise RunVanishedError(msg, run_id=self.picture.run_id)
                screen.show(self.picture)
        finally:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(signal.SIGINT)
            for task in (self._stopping, self._asking):
                if task is not None:
                    task.cancel()
        if self.picture.over:
            await self._until_closed()
        return self._detached.is_set()

    async def _read_plan(self) -> None:
        record = await self._runs.get(self.picture.run_id)
        if record is not None:
            self.picture.plan = record.plan

    def _interrupt(self) -> None:
        if self._stopping is None:
            # The run hears of it even where the engine is away just now.
            self._stopping = asyncio.create_task(self._stop())
            self.picture.notice = "Ctrl-C: the run is being stopped, with cleanup; Ctrl-C again only stops watching."
        else:
            self._detached.set()

    async def _stop(self) -> None:
        """Tell the run to stop, as often as it takes for the engine to hear it."""
        while True:
            try:
                await stop_run(
                    self._client, self._place.config, self.picture.batch, by=user(), reason="Ctrl-C at the keyboard"
                )
            except (BatchNotRunningError, CommandRefusedError):
                return
            except EngineError:
                await asyncio.sleep(1)
            else:
                return

    def _ask(self) -> None:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_run())

    async def _ask_run(self) -> None:
        """Find out why nothing happens."""
        try:
            status = await live_status(self._client, self._place.config, self.picture.batch)
        except EngineError:
            self.picture.note = "the engine does not answer; the run goes on when it is back"
            self._gone = 0
        else:
            open_here = status is not None and status.run_id == self.picture.run_id
            self._gone = 0 if open_here else self._gone + 1
            self.picture.note = ""
            if status is not None and open_here:
                self.picture.state, self.picture.waiting_for = status.state.value, status.waiting_for
        await asyncio.sleep(1)

    async def _until_closed(self) -> None:
        """Wait until the slot is free, so that the next start is not refused."""
        record = await self._runs.get(self.picture.run_id)
        temporal_run_id = record.temporal_run_id if record else None
        handle = run_handle(self._client, self._place.config, self.picture.batch, temporal_run_id)
        with suppress(RPCError, TimeoutError, WorkflowFailureError):
            async with asyncio.timeout(CLOSING.total_seconds()):
                await handle.result()


def _say_started(console: Console, run_id: str, batch: str, *, json: bool) -> None:
    if json:
        print_json({"run_id": run_id, "batch": batch})
    else:
        console.print(f"run {run_id} on {escape(batch)} is started; watch it with: station status")


def _heading(run_id: str, wish: RunWish, *, tells_mes: bool) -> str:
    parts = [f"run {run_id} on {escape(wish.batch)}"]
    if wish.unit.wip:
        parts.append(escape(wish.unit.wip))
    if not tells_mes:
        parts.append("without MES")
    return " · ".join(parts)


def _for_machines(picture: Picture, told: Sequence[OwedEntry]) -> dict[str, Any]:
    mes = [entry.model_dump(mode="json") for entry in told]
    if picture.result is None:
        reason = picture.refused.model_dump(mode="json") if picture.refused else None
        return {"batch": picture.batch, "run_id": picture.run_id, "refused": True, "reason": reason, "mes": mes}
    attempts = [
        {
            "step": attempt.step,
            "attempt": attempt.attempt,
            "outcome": attempt.outcome or None,
            "elapsed_s": attempt.elapsed.total_seconds(),
            "measurements": [asdict(value) for value in attempt.values],
            "defects": attempt.defects,
            "fault": attempt.fault.model_dump(mode="json") if attempt.fault else None,
        }
        for attempt in picture.attempts
    ]
    return {"batch": picture.batch, **picture.result.model_dump(mode="json"), "steps": attempts, "mes": mes}
