"""`station run`: starts a run and stays with it until it is over, whatever restarts in between."""

import asyncio
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from pydantic import JsonValue
from rich.console import Console
from rich.markup import escape
from temporalio.client import Client, WorkflowFailureError
from temporalio.service import RPCError

from station.cli.live import Screen, print_summary, screen_for
from station.cli.output import EXIT_DETACHED, EXIT_ERROR, OUTCOME_EXIT, err, out, print_json
from station.cli.picture import Picture
from station.cli.place import Place, user
from station.control.commands import run_handle, stop_run
from station.control.starting import start_run
from station.control.status import live_status
from station.control.watching import EventFeed
from station.domain.errors import BatchNotRunningError, EngineError, RunVanishedError
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


async def run(
    place: Place,
    batch: str,
    unit: UnitUnderTest,
    parameters: Mapping[str, JsonValue],
    *,
    wait: bool,
    json: bool,
    console: Console | None = None,
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
            batch_id=batch,
            unit=unit,
            parameters=parameters,
            started_by=unit.operator or user(),
        )
        if not wait:
            _say_started(console, run_id, batch, json=json)
            return 0
        if not json:
            console.print(f"run {run_id} on {escape(batch)}" + (f" · {escape(unit.wip)}" if unit.wip else ""))
        watcher = Watcher(place, client, database, Picture(run_id, batch), after)
        with screen_for(console, json=json) as screen:
            detached = await watcher.watch(screen)
    picture = watcher.picture
    if detached or picture.result is None:
        err().print(f"No longer watching; the run goes on: station status, station show {run_id}")
        return EXIT_DETACHED
    if json:
        print_json(_for_machines(picture))
    else:
        print_summary(console, picture)
    return OUTCOME_EXIT.get(picture.result.outcome, EXIT_ERROR)


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
            while self.picture.result is None and not self._detached.is_set():
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
        if self.picture.result is not None:
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
            except BatchNotRunningError:
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


def _for_machines(picture: Picture) -> dict[str, Any]:
    result = picture.result
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
    return {"batch": picture.batch, **(result.model_dump(mode="json") if result else {}), "steps": attempts}
