"""Opens and closes the session in which a run owns one slot's instruments."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import JsonValue
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.feed import LiveFeed
from activities.live import LiveSteps, heartbeating
from station.contracts.messages import (
    UNIT_CHANGED,
    ClosedSession,
    CloseSessionRequest,
    Instrument,
    OpenedSession,
    OpenSessionRequest,
    SessionPurpose,
)
from station.contracts.repair import Reconnected, ReconnectRequest
from station.domain.clock import Clock
from station.domain.errors import HardwareConnectionError, SessionLostError, StationError, StepError
from station.domain.outcome import Outcome, RunState
from station.domain.plan import Severity, StepPlan
from station.domain.run import StepFault
from station.execution.files import FileStore
from station.execution.identity import FoundUnit
from station.execution.session import InstrumentInfo, Restored, Session
from station.execution.sharing import SharedLocks
from station.execution.store import PackageStore
from station.storage.batches import Batches
from station.storage.journal import Journal
from station.storage.runs import Runs

logger = logging.getLogger(__name__)

_EXPECTED = ApplicationErrorCategory.BENIGN
"""A lost session is how a replaced process is noticed: nothing to raise an alarm for."""


@dataclass
class HeldSession:
    """The session this process holds."""

    token: str
    request: OpenSessionRequest
    session: Session
    touched_at: float
    """Monotonic seconds of the last call that carried the token."""
    shared: list[str] = field(default_factory=list)
    """Shared instruments that are ours now, by the package's names."""

    def step(self, name: str) -> StepPlan:
        """Find a step of the plan the session was opened for.

        Raises:
            LookupError: If the plan has no such step.
        """
        for step in self.request.plan.steps:
            if step.name == name:
                return step
        msg = f"the plan has no step {name!r}"
        raise LookupError(msg)


@dataclass(frozen=True)
class SlotStores:
    """Where a slot reads and writes."""

    journal: Journal
    runs: Runs
    batches: Batches
    packages: PackageStore
    files: FileStore


@dataclass(frozen=True)
class SlotSettings:
    """What is particular to this slot.

    Attributes:
        lease: A session nobody has used for so long is closed, unless its run is still open.
        shared: The station's name of each instrument that other batches use too, by the package's name for it.
        labels: What the configuration says of each instrument itself: serial number, end of calibration.
    """

    batch: str
    hardware: Mapping[str, Mapping[str, JsonValue]]
    pid: int
    lease: timedelta = timedelta(seconds=30)
    shared: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass
class Hardware:
    """Implements the session contracts for one slot.

    Attributes:
        new_token: Makes a session token nobody can guess.
        is_run_open: Tells whether a run's workflow is still open; None: nobody can tell now.
        locks: Of the shared instruments.
    """

    settings: SlotSettings
    stores: SlotStores
    live: LiveSteps
    feed: LiveFeed
    clock: Clock
    new_token: Callable[[], str]
    is_run_open: Callable[[str], Awaitable[bool | None]]
    locks: SharedLocks
    by_hand: "set[asyncio.Task[Any]]" = field(default_factory=set)
    """Commands under way that a person gave; they are cut off before anything is made safe."""
    _held: HeldSession | None = None
    _slot: asyncio.Lock = field(default_factory=asyncio.Lock)

    @activity.defn(name="station.open_session")
    async def open_session(self, request: OpenSessionRequest) -> OpenedSession:
        """Make the slot safe, connect its instruments, set the package up; the last session's token is dead after.

        Raises:
            CancelledError: Where the activity was lost; the opening goes on.
        """
        # Shielded: a lost activity must not leave instruments half open; the next one closes what this one opened.
        opening = asyncio.create_task(self._open(request))
        async with heartbeating(self.live.heartbeat_interval):
            try:
                return await asyncio.shield(opening)
            except asyncio.CancelledError:
                details = activity.cancellation_details()
                if details is None or not details.cancel_requested:
                    raise
                return await asyncio.shield(opening)  # whoever wishes to stop closes it when it is open

    @activity.defn(name="station.reconnect")
    async def reconnect(self, request: ReconnectRequest) -> Reconnected:
        """Make the session's instruments safe, or disconnect and connect them again and make them safe.

        Raises:
            CancelledError: Where the activity was lost; the work goes on, and whoever comes next waits for it.
        """
        self.owned(request.session)
        working = asyncio.create_task(self._reconnect(request))
        async with heartbeating(self.live.heartbeat_interval):
            try:
                return await asyncio.shield(working)
            except asyncio.CancelledError:
                details = activity.cancellation_details()
                if details is None or not details.cancel_requested:
                    raise
                return await asyncio.shield(working)

    @activity.defn(name="station.close_session")
    async def close_session(self, request: CloseSessionRequest) -> ClosedSession:
        """Make the instruments safe, disconnect them, end the session."""
        self.owned(request.session)
        async with heartbeating(self.live.heartbeat_interval):
            return await asyncio.shield(asyncio.create_task(self.let_go("the run is over")))

    def holds(self, token: str) -> bool:
        """Whether this process holds the session of that token."""
        return self._held is not None and self._held.token == token

    async def settled(self) -> None:
        """Wait until whatever opens or closes a session now has come to its end."""
        async with self._slot:
            return

    def owned(self, token: str) -> HeldSession:
        """Hand out the session to whoever carries its token.

        Raises:
            ApplicationError: SESSION_LOST, before any hardware is touched, where the token is another one's.
        """
        if self._held is None or self._held.token != token:
            msg = "this process does not hold the session: the batch's process was replaced"
            raise ApplicationError(msg, type=SessionLostError.code, non_retryable=True, category=_EXPECTED)
        self._held.touched_at = self.clock.monotonic()
        return self._held

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Keep everybody else from opening, closing and connecting meanwhile."""
        async with self._slot:
            yield

    def give_up_unused_locks(self, *, safe: bool = True) -> None:
        """Let others have the shared instruments that are not in use here.

        Args:
            safe: Whether they are known to be safe.
        """
        used = {self.settings.shared[name] for name in self._held.shared} if self._held is not None else set()
        self.locks.give_back(self.locks.held - used, safe=safe)

    async def let_go(self, reason: str, *, interrupted: bool = False) -> ClosedSession:
        """Stop what still runs, make safe, disconnect."""
        async with self._slot:
            return await self._let_go(reason, interrupted=interrupted)

    async def stop_all(self, reason: str, *, interrupted: bool = False) -> None:
        """Cut off the commands given by hand, ask every step to yield, and wait until all have."""
        commands = list(self.by_hand)
        for command in commands:
            command.cancel()
        await self.live.stop_all(reason, interrupted=interrupted)
        await asyncio.gather(*commands, return_exceptions=True)

    async def watch_lease(self) -> None:
        """Make the hardware safe when the run that opened the session is gone; for as long as the process lives."""
        lease = self.settings.lease.total_seconds()
        while True:
            await asyncio.sleep(lease / 3)
            held = self._held
            if held is None or self.live or self.clock.monotonic() - held.touched_at < lease:
                continue
            try:
                await self._end_lease_of(held)
            except StationError as error:  # what could not be written must not end the watch over what comes next
                logger.error("closing the session could not be written down: %s", error.message)
            except Exception:  # nor may a bug: outputs would stay on
                logger.exception("looking after the session failed; it is tried again")

    async def _end_lease_of(self, held: HeldSession) -> None:
        touched_at = held.touched_at
        if await self.is_run_open(held.request.run_id):
            held.touched_at = self.clock.monotonic()
            return
        # Otherwise a step has come, or the session has gone, while the engine was asked.
        if self._held is held and held.touched_at == touched_at:
            logger.warning("nobody owns the session any more; making safe: run %s", held.request.run_id)
            await self.let_go("nobody owns the session any more")

    async def _open(self, request: OpenSessionRequest) -> OpenedSession:
        async with self._slot:
            await self._let_go("another session is opened", interrupted=True)
            token, stores = self.new_token(), self.stores
            hardware: dict[str, JsonValue] = {name: dict(given) for name, given in self.settings.hardware.items()}
            await stores.journal.claim_session(
                request.batch,
                token,
                None if request.purpose.by_hand else request.run_id,
                request.plan.package,
                hardware,
                self.clock.now(),
            )
            running = request.purpose is SessionPurpose.RUN
            if running:
                await stores.runs.set_state(request.run_id, RunState.OPENING, self.clock.now())
            by_hand, planned = request.purpose.by_hand, request.plan.shared
            at_once = [name for name in self.settings.shared if by_hand or name not in planned]
            try:
                self._take_at_once(at_once, request.run_id)
                session, instruments = await self._connect(request, at_once)
            except StationError as error:
                self.locks.give_back(self.locks.held, safe=False)
                return OpenedSession(fault=fault_of(error))
            self._held = HeldSession(token, request, session, self.clock.monotonic(), at_once)
            unit = session.unit.identity
            if session.is_stranger:
                await self._let_go("another unit lies in the slot", interrupted=False)
                return OpenedSession(fault=_changed(request.units[0], session.unit), unit=unit)
            if running:
                await stores.runs.note_instruments(request.run_id, facts_of(instruments, self.settings.labels))
                await stores.runs.set_state(request.run_id, RunState.RUNNING, self.clock.now())
            return OpenedSession(token=token, instruments=instruments, unit=unit)

    def _take_at_once(self, instruments: Sequence[str], run_id: str) -> None:
        """Take shared instruments that the plan does not know as such, or that nobody will ask for step by step.

        Raises:
            HardwareConnectionError: If another batch has one of them.
        """
        for name in instruments:
            shared = self.settings.shared[name]
            if not self.locks.take(shared, run_id, self.clock.now()):
                holder = self.locks.holder(shared)
                msg = f"instrument {name}: batch {holder.batch if holder else '?'} has the shared instrument {shared}"
                raise HardwareConnectionError(msg, instrument=name)

    async def _connect(self, request: OpenSessionRequest, at_once: Sequence[str]) -> tuple[Session, list[Instrument]]:
        package = await asyncio.to_thread(self.stores.packages.load, request.plan.package)
        session = Session(
            package,
            request.plan,
            self.settings.hardware,
            self.stores.files,
            request.unit,
            request.run_id,
            self.clock,
            shared=[name for name in self.settings.shared if name not in at_once],
        )
        finished = await self.stores.journal.finished(request.run_id, request.round)
        state: dict[str, JsonValue] = {}
        for result in finished:
            if result.report.outcome in {Outcome.PASSED, Outcome.FAILED}:  # others leave nothing to the steps after
                state.update(result.state)
        restored = Restored(values={result.report.step: result.values for result in finished}, state=state)
        units = request.units if request.purpose is SessionPurpose.RUN else None
        found = await session.open(restored, setup=request.purpose.sets_up, units=units)
        return session, instruments_of(one for one in found if one.identity or one.name not in self.settings.shared)

    async def _reconnect(self, request: ReconnectRequest) -> Reconnected:
        """Bring the instruments back.

        Raises:
            ApplicationError: SESSION_LOST, before any hardware is touched, where another process owns it now.
        """
        async with self._slot:
            held = self.owned(request.session)
            claim = await self.stores.journal.owner(request.batch)
            if claim is None or claim.token != request.session:
                msg = "another process owns the hardware"
                raise ApplicationError(msg, type=SessionLostError.code, non_retryable=True, category=_EXPECTED)
            await self.stop_all("the instruments are connected again", interrupted=True)
            faults = await (held.session.reconnect() if request.connect else held.session.make_safe())
            held.touched_at = self.clock.monotonic()
            found = instruments_of(held.session.instruments)
            return Reconnected(instruments=found, fault=faults[0] if faults else None)

    async def _let_go(self, reason: str, *, interrupted: bool) -> ClosedSession:
        held = self._held
        if held is None:
            return ClosedSession()
        await self.stop_all(reason, interrupted=interrupted)
        problems = [fault.message for fault in await held.session.close()]
        self._held = None
        self.locks.give_back(self.locks.held, safe=not problems)
        try:
            await self.feed.flush()
        except StationError as error:
            logger.warning("what the last step said is kept until it can be written: %s", error.message)
        try:
            await self.stores.journal.release_session(
                self.settings.batch,
                held.token,
                hardware_safe=not problems,
                at=self.clock.now(),
                problem="; ".join(problems),
            )
        except SessionLostError as error:
            logger.warning("there was nothing to give back: %s", error.message)
        return ClosedSession(safe=not problems, problems=problems)


def instruments_of(found: Iterable[InstrumentInfo]) -> list[Instrument]:
    """Tell what is known of instruments."""
    return [Instrument(name=one.name, driver=one.driver, identity=one.identity) for one in found]


def facts_of(instruments: Iterable[Instrument], labels: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Tell what is kept of instruments, by name: how they answered, and what the configuration says of them."""
    return {one.name: one.model_dump(exclude={"name"}) | dict(labels.get(one.name, {})) for one in instruments}


def _changed(before: str, found: FoundUnit) -> StepFault:
    """Tell that the unit is not the one it should be, or that nobody can tell any more whether it is."""
    why = f" ({found.problem})" if found.problem else ""
    now = f"the unit in the slot is {found.identity}" if found.identity else f"nobody can tell which unit is there{why}"
    return StepFault(code=UNIT_CHANGED, message=f"{now}; the run began with {before}", severity=Severity.CRITICAL)


def fault_of(error: StationError) -> StepFault:
    """Tell why instruments could not be opened."""
    severity = Severity.RECOVERABLE if isinstance(error, StepError) else Severity.CRITICAL
    named = {"instrument": str(error.facts["instrument"])} if "instrument" in error.facts else {}
    return StepFault(code=error.code, message=error.message, severity=severity, details=dict(named))
