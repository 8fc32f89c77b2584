"""The MES behind both contracts: finds WIPs, asks the rules, commits; nothing here knows HTTP paths or error bodies."""

import asyncio
import weakref
from datetime import UTC, datetime, timedelta
from typing import Any

from station.testing.reference_mes.faults import FaultPlan
from station.testing.reference_mes.ledger import Ledger
from station.testing.reference_mes.rules import Reason, RefusedError, rules_for
from station.testing.reference_mes.settings import MesSettings, Profile
from station.testing.reference_mes.store import Cause, Completion, History, Serial, Store, Wip
from station.testing.reference_mes.times import from_text, to_text
from station.testing.reference_mes.wire import Wire

DOCUMENTED_LOT, NEUROHUB_LOT = "KR01PSA25{:02}", "KR01PSA2511{:02}"
FIRST_DOCUMENTED_LOT, FIRST_NEUROHUB_LOT = 11, 1
LAST_IN_LOT = 999


class BrokenError(Exception):
    """The real backend has a bug here, and answers 500."""

    def __init__(self, message: str, code: str = "SRV_001") -> None:
        """Keep the sentence, and the code of the real backend."""
        super().__init__(message)
        self.message = message
        self.code = code


class Mes:
    """One MES with its file. It is used by one thread, so what happens between two awaits happens at once."""

    def __init__(self, settings: MesSettings) -> None:
        self.settings = settings
        self.neurohub = settings.profile is Profile.NEUROHUB
        self.rules = rules_for(settings)
        self.store = Store(settings.database)
        self.ledger = Ledger(settings.database)
        self.faults = FaultPlan()
        self.down = False
        self.wires: weakref.WeakSet[Wire] = weakref.WeakSet()

    def close(self) -> None:
        """Close the file."""
        self.ledger.close()
        self.store.close()

    def now(self) -> datetime:
        """The server's time of day, which may be wrong on purpose."""
        return datetime.now(UTC) + timedelta(seconds=self.faults.skew)

    def cut_all(self, spare: Wire | None) -> None:
        """Reset every connection except one."""
        for wire in list(self.wires):
            if wire is not spare:
                wire.cut()

    def seed(
        self, count: int, wip_ids: list[str], status: str | None, passed: list[int], failed: list[int]
    ) -> list[Wip]:
        """Put WIPs into the MES, with the processes they passed and failed; without names, the next ones.

        Raises:
            ValueError: If a name is there already, or a process is not.
        """
        strangers = [process for process in (*passed, *failed) if process not in self.rules.processes]
        if strangers:
            msg = f"there are no processes {strangers}"
            raise ValueError(msg)
        history: list[tuple[int, str | None]] = [(process, "PASS") for process in sorted(set(passed))]
        history += [(process, "FAIL") for process in failed]
        taken = set(self.store.wip_ids())
        names = wip_ids or self._next_names(count, taken)
        if again := [name for name in names if name in taken]:
            msg = f"already there: {again}"
            raise ValueError(msg)
        return [self.store.add_wip(name, status or self._status(passed, failed), history, self.now()) for name in names]

    def find(self, key: int | str) -> Wip:
        """The WIP of a call.

        Raises:
            RefusedError: If there is none.
        """
        wip = self.store.wip(key)
        if wip is None:
            message = f"WIP item {key} not found" if self.neurohub else f"WIP '{key}' not found"
            raise RefusedError(Reason.WIP_NOT_FOUND, message)
        return wip

    def passed(self, wip: Wip) -> set[int]:
        """The processes with a PASS."""
        return {row.process for row in self.store.history(wip) if row.result == "PASS"}

    async def start(
        self, wip: Wip, process: int, operator_id: int, started_at: datetime | None, cause: Cause
    ) -> tuple[Wip, History]:
        """Start a process; a RefusedError passes through."""
        self.rules.check_start(wip.wip_id, wip.status, process, self.passed(wip))
        await self._race()
        began = to_text(started_at or self.now())
        return self.store.start(wip, process, operator_id, began, self.rules.status_after_start(wip.status), cause)

    async def complete(
        self,
        wip: Wip,
        process: int,
        operator_id: int | None,
        result: str,
        data: tuple[dict[str, Any], list[Any], str | None],
        times: tuple[datetime | None, datetime | None],
        cause: Cause,
    ) -> tuple[Wip, History]:
        """Complete a process; `times` are its start and its end as they were sent. A RefusedError passes through."""
        open_row = self.open_row(wip, process)
        passed = self.passed(wip)
        self.rules.check_complete(wip.wip_id, wip.status, process, result, passed, is_open=open_row is not None)
        began, ended = self._times(open_row, *times)
        counts_from = times[0] if self.neurohub else began
        duration = max(0, int((ended - counts_from).total_seconds())) if counts_from else 0
        await self._race()
        measurements, defects, notes = data
        completion = Completion(
            process, operator_id, result, measurements, defects, notes, to_text(began), to_text(ended), duration
        )
        status = self.rules.status_after_complete(
            wip.status, result, passed | {process} if result == "PASS" else passed
        )
        all_done = status == "COMPLETED" and wip.status != "COMPLETED"
        return self.store.complete(wip, completion, status, all_done=all_done, cause=cause)

    async def convert(self, wip: Wip, operator_id: int | None, cause: Cause) -> tuple[Wip, Serial]:
        """Convert a WIP to a serial number; a RefusedError passes through."""
        self.rules.check_convert(wip.wip_id, wip.status, self.passed(wip))
        await self._race()
        return self.generate(wip, operator_id, cause)

    def generate(self, wip: Wip, operator_id: int | None, cause: Cause) -> tuple[Wip, Serial]:
        """Give a WIP a serial number and check nothing."""
        name = self.store.lot_number(wip.lot_id) + "{sequence}" if self.neurohub else f"SN-{wip.wip_id[4:]}"
        return self.store.convert(wip, name, cause, operator_id)

    def open_row(self, wip: Wip, process: int) -> History | None:
        """The start that waits for its completion."""
        rows = [row for row in self.store.history(wip) if row.process == process and row.result is None]
        return rows[-1] if rows else None

    def _times(
        self, open_row: History | None, began: datetime | None, ended: datetime | None
    ) -> tuple[datetime, datetime]:
        ended = ended or self.now()
        recorded = from_text(open_row.started_at) if open_row and open_row.started_at else None
        if began is None:
            began = recorded or ended
        if len({moment.tzinfo is None for moment in (began, ended, recorded) if moment}) > 1:
            msg = "can't subtract offset-naive and offset-aware datetimes"
            raise BrokenError(msg)
        if self.neurohub and ended < began:
            msg = "Database constraint violation: completed_at must not be earlier than started_at"
            raise RefusedError(Reason.CONFLICT, msg)
        return began, ended

    async def _race(self) -> None:
        if self.neurohub and self.settings.race_window:
            await asyncio.sleep(self.settings.race_window.total_seconds())

    def _status(self, passed: list[int], failed: list[int]) -> str:
        if failed:
            return "FAILED"
        if not passed:
            return "CREATED"
        return "IN_PROGRESS" if self.rules.missing(passed) else "COMPLETED"

    def _next_names(self, count: int, taken: set[str]) -> list[str]:
        pattern, lot = (NEUROHUB_LOT, FIRST_NEUROHUB_LOT) if self.neurohub else (DOCUMENTED_LOT, FIRST_DOCUMENTED_LOT)
        names: list[str] = []
        while len(names) < count:
            in_lot = (f"WIP-{pattern.format(lot)}-{number:03}" for number in range(1, LAST_IN_LOT + 1))
            names += [name for name in in_lot if name not in taken]
            lot += 1
        return names[:count]
