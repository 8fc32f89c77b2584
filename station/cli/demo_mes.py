"""The reference MES of `station demo`: a process of its own, one WIP in it, and its ledger, which must be right."""

import asyncio
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from station.cli import processes
from station.domain.errors import ProcessFailedError
from station.testing.reference_mes.settings import MesSettings, Profile

OPERATOR = "5"
"""The operator's number in the reference MES."""
PROCESSES: int = MesSettings.model_fields["processes"].default
CONVERTED_WITHIN = timedelta(seconds=10)


@dataclass(frozen=True)
class Ledger:
    """What the MES has committed for one WIP."""

    starts: int = 0
    passes: int = 0
    fails: int = 0
    conversions: int = 0
    duplicates: int = 0

    def __str__(self) -> str:
        parts = [
            _count(self.starts, "start"),
            f"{self.passes} PASS",
            *([f"{self.fails} FAIL"] if self.fails else []),
            _count(self.conversions, "conversion"),
            _count(self.duplicates, "duplicate"),
        ]
        return ", ".join(parts)


GOOD = Ledger(starts=PROCESSES, passes=PROCESSES, conversions=1)
"""A unit that passed every process."""
BAD = Ledger(starts=1, fails=1)
"""A unit that failed in its first process."""


@dataclass(frozen=True)
class DemoMes:
    """Where the demo's MES is, and how it speaks."""

    profile: Profile
    port: int
    folder: Path

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it wrote."""
        return self.folder / "logs" / "mes.log"

    def command(self) -> list[str]:
        """Build its command line; its file is kept, so that what an earlier demo still owed finds its WIP."""
        file = self.folder / f"mes-{self.profile}.sqlite3"
        words = ["mes", "--profile", self.profile.value, "--port", str(self.port), "--db", str(file)]
        return [sys.executable, "-m", "station.cli", *words]

    def backend(self) -> dict[str, Any]:
        """Write the `backend` section of a station that tells it."""
        defaults = MesSettings.model_fields
        who: dict[str, Any] = {"api_key": defaults["api_key"].default}
        if self.profile is Profile.NEUROHUB:
            who = {name: defaults[name].default for name in ("username", "password")} | {"auth": "jwt"}
        # A demo that was cut off says nothing about its unit, and asks nobody.
        wishes = {"auto_convert": True, "on_error": "retry", "on_abort": "retry"}
        return {"url": self.url, "profile": self.profile.value, **who, **wishes}

    async def until_ready(self, process: "subprocess.Popen[bytes]", within: timedelta) -> None:
        """Wait until it answers.

        Raises:
            ProcessFailedError: If it ended, or took too long; the message has the end of its output.
        """
        from station.testing.reference_mes.client import MesControl, MesControlError

        until = time.monotonic() + within.total_seconds()
        while time.monotonic() < until:
            if process.poll() is not None:
                msg = f"The reference MES ended with exit code {process.returncode}:\n{processes.tail(self.log)}"
                raise ProcessFailedError(msg, exit_code=process.returncode)
            try:
                await asyncio.to_thread(MesControl(self.url).state)
            except MesControlError:
                await asyncio.sleep(0.05)
            else:
                return
        msg = f"The reference MES was not ready within {within.total_seconds():g} s:\n{processes.tail(self.log)}"
        raise ProcessFailedError(msg)

    async def new_wip(self) -> str:
        """Put the next WIP into it."""
        from station.testing.reference_mes.client import MesControl

        return (await asyncio.to_thread(MesControl(self.url).seed))[0]

    async def ledger(self, wip: str, expected: Ledger) -> Ledger:
        """Read what it has committed for a WIP; a conversion may be on its way still."""
        until = time.monotonic() + CONVERTED_WITHIN.total_seconds()
        while True:
            ledger = await asyncio.to_thread(self._read, wip)
            if ledger == expected or time.monotonic() > until:
                return ledger
            await asyncio.sleep(0.05)

    async def serial(self, wip: str) -> str:
        """The WIP's serial number; empty where it has none."""
        from station.testing.reference_mes.client import MesControl

        known = await asyncio.to_thread(MesControl(self.url).wip, wip)
        return ", ".join(known["serials"])

    def _read(self, wip: str) -> Ledger:
        from station.testing.reference_mes.client import MesControl

        report = MesControl(self.url).ledger(requests=False)
        results = [effect.result for effect in report.of(wip, "complete")]
        return Ledger(
            starts=len(report.of(wip, "start")),
            passes=results.count("PASS"),
            fails=results.count("FAIL"),
            conversions=len(report.of(wip, "convert")),
            duplicates=sum(double.wip == wip for double in report.duplicates),
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
