"""Takes and gives back the instruments that a slot shares with others."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.hardware import Hardware, facts_of, fault_of, instruments_of
from activities.live import heartbeating
from station.contracts.sharing import Acquired, AcquireRequest, Released, ReleaseRequest
from station.domain.errors import StationError
from station.domain.notice import Notice, NoticeCode
from station.domain.plan import Severity
from station.domain.run import StepFault
from station.domain.sharing import in_order, may_be_added

logger = logging.getLogger(__name__)

LOOK_EVERY = timedelta(milliseconds=20)
"""How often a lock is tried; trying costs some microseconds."""
NEWS_AFTER = timedelta(milliseconds=300)
"""Whoever has an instrument for a shorter time is not worth telling of."""


@dataclass
class Sharing:
    """Implements the contracts of shared instruments for one slot."""

    hardware: Hardware

    @activity.defn(name="station.acquire")
    async def acquire(self, request: AcquireRequest) -> Acquired:
        """Take shared instruments in the order of their names, however long that takes, and connect them.

        Raises:
            CancelledError: Where the run is stopped while it waits: nothing is held then, or where the activity was
                lost.
        """
        self.hardware.owned(request.session)
        async with heartbeating(self.hardware.live.heartbeat_interval), self._nothing_taken_in_vain():
            unfinished = await self._take_all(request)
        if unfinished is not None:
            return unfinished
        # Shielded: an instrument that is being connected is connected, or let go again.
        connecting = asyncio.create_task(self._connect(request))
        async with heartbeating(self.hardware.live.heartbeat_interval):
            try:
                return await asyncio.shield(connecting)
            except asyncio.CancelledError:
                details = activity.cancellation_details()
                if details is None or not details.cancel_requested:
                    raise
                return await asyncio.shield(connecting)

    @activity.defn(name="station.release")
    async def release(self, request: ReleaseRequest) -> Released:
        """Give shared instruments back."""
        self.hardware.owned(request.session)
        async with heartbeating(self.hardware.live.heartbeat_interval):
            return await asyncio.shield(asyncio.create_task(self._keep_only(request.session, request.keep)))

    async def _take_all(self, request: AcquireRequest) -> Acquired | None:
        """Take the locks; None: they are all ours.

        Raises:
            ApplicationError: Where the process is to end, or the session does.
        """
        names, began = self.hardware.settings.shared, self.hardware.clock.monotonic()
        wanted = in_order(request.instruments, names)
        locks = self.hardware.locks
        # Whoever waits holds nothing that comes later, so that no two wait for each other.
        fits = may_be_added({names[one] for one in wanted} - locks.held, locks.held & {names[one] for one in wanted})
        if locks.held:
            await self._keep_only(request.session, wanted if fits else ())
        seen: Notice | None = None
        seen_at = began
        for one in wanted:
            while not locks.take(names[one], request.run_id, self.hardware.clock.now()):
                self.hardware.owned(request.session)
                if activity.is_worker_shutdown():
                    raise ApplicationError("the process is to end", type="WorkerShutdown", non_retryable=True)
                now, note = self.hardware.clock.monotonic(), self._note(names[one])
                if note != seen:
                    seen, seen_at = note, now
                if request.within is not None and now - began > request.within.total_seconds():
                    self.hardware.give_up_unused_locks()
                    return Acquired(fault=_busy(note.text))
                told = note.text != request.shown and now - seen_at > NEWS_AFTER.total_seconds()
                if told or now - began > request.patience.total_seconds():
                    return Acquired(waiting_for=note.text, notice=note)
                await asyncio.sleep(LOOK_EVERY.total_seconds())
        return None

    @asynccontextmanager
    async def _nothing_taken_in_vain(self) -> AsyncIterator[None]:
        """Give up what was taken and not connected where taking is broken off; what waits on goes on holding it."""
        try:
            yield
        except BaseException:
            self.hardware.give_up_unused_locks()
            raise

    def _note(self, name: str) -> Notice:
        holder = self.hardware.locks.holder(name)
        if holder is None:
            return Notice.of(NoticeCode.INSTRUMENT_AWAITED, f"the shared instrument {name}", said=name)
        since = holder.since.astimezone().strftime("%H:%M:%S")
        text = f"the shared instrument {name}, which {holder.batch} holds since {since}"
        return Notice.of(NoticeCode.INSTRUMENT_HELD, text, instrument=name, batch=holder.batch, since=since)

    async def _connect(self, request: AcquireRequest) -> Acquired:
        async with self.hardware.alone():
            try:
                held = self.hardware.owned(request.session)
            except ApplicationError:
                self.hardware.give_up_unused_locks()
                raise
            names = self.hardware.settings.shared
            new = [name for name in in_order(request.instruments, names) if name not in held.shared]
            if not {names[name] for name in new} <= self.hardware.locks.held:
                return Acquired(waiting_for=request.shown)  # an earlier call gave up what this one had counted on
            held.shared += new
            try:
                found = await held.session.connect(new) if new else ()
            except StationError as error:
                held.shared = [name for name in held.shared if name not in new]
                # Whatever state it is in, the next one to take it makes it safe first.
                self.hardware.give_up_unused_locks(safe=False)
                return Acquired(fault=fault_of(error))
            instruments = instruments_of(found)
            try:
                facts = facts_of(instruments, self.hardware.settings.labels)
                await self.hardware.stores.runs.note_instruments(held.request.run_id, facts)
            except StationError as error:  # the run has its instruments all the same
                logger.warning("which instruments they are could not be written down: %s", error.message)
            return Acquired(instruments=instruments)

    async def _keep_only(self, token: str, keep: Collection[str]) -> Released:
        """Make safe and disconnect what is not kept, and let others have it.

        An ApplicationError passes through where the session is another one's.
        """
        async with self.hardware.alone():
            held, names = self.hardware.owned(token), self.hardware.settings.shared
            given_back = [name for name in held.shared if name not in keep]
            faults = await held.session.disconnect(given_back) if given_back else ()
            held.shared = [name for name in held.shared if name in keep]
            locks = self.hardware.locks
            locks.give_back(locks.held - {said for name, said in names.items() if name in keep}, safe=not faults)
            return Released(problems=[fault.message for fault in faults])


def _busy(note: str) -> StepFault:
    message = f"It waited too long for {note}."
    return StepFault(code="SHARED_INSTRUMENT_BUSY", message=message, severity=Severity.CRITICAL)
