"""Looks a station over before it is needed: each finding says what is wrong and how to mend it."""

import asyncio
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import psutil
from pydantic import BaseModel

from station.config.calibration import due
from station.config.model import BatchConfig, StationConfig
from station.control.connect import address_of
from station.control.layout import Layout
from station.control.presence import StationPresence, presence
from station.control.reset import engine_report
from station.domain.errors import StationError
from station.execution.findings import errors_among
from station.execution.verification import verify_package
from station.storage.database import Database
from station.storage.health import disk_free, integrity
from station.storage.runs import Runs

PYTHON = (3, 11)
DISK_WARNING = 10
"""Percent of the disk that must be free."""
REACH_WITHIN = timedelta(seconds=2)
"""How long an instrument may take to take a connection."""
EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)
"""A clock before this has lost its battery."""
CLOCK_TOLERANCE = timedelta(minutes=1)


class Grade(StrEnum):
    """How a finding is meant."""

    OK = "ok"
    WARNING = "warning"
    """The station works, and may soon not."""
    ERROR = "error"
    """The station, or a part of it, does not work."""


class Check(BaseModel):
    """One thing that was looked at; `mend` says what to do where it is not in order."""

    name: str
    grade: Grade
    text: str
    mend: str = ""


async def examine(config: StationConfig, layout: Layout, *, instruments: bool) -> list[Check]:
    """Look at everything; nothing is changed, and nothing is started.

    Args:
        config: The station's configuration.
        layout: Where the station keeps its files.
        instruments: Whether to knock at the instruments' ports too; only while nobody is measuring.
    """
    there = presence(layout)
    checks = [_python(), *_data_folder(layout), _supervisor(layout, there)]
    checks += await _engine(config, layout, there)
    checks += list(_ports(config, there))
    checks += await _database(config, layout)
    checks += await _packages(config, layout)
    checks += _calibrations(config)
    if instruments:
        for batch in config.batches:
            checks += [await _instrument(batch, name, layout) for name in batch.hardware]
    return checks


def _calibrations(config: StationConfig) -> list[Check]:
    checks = []
    for one in due(config.batches, datetime.now().astimezone().date()):
        over = f"ended on {one.calibrated_until}" if one.days_left < 0 else f"ends on {one.calibrated_until}"
        serial = f" (serial number {one.serial_number})" if one.serial_number else ""
        mend = f"Calibrate it, then set batches.{one.batch_id}.hardware.{one.instrument}.calibrated_until."
        checks.append(_warning("calibration", f"{one.instrument} of {one.batch_id}{serial}: {over}", mend))
    return checks


def _python() -> Check:
    version = ".".join(str(number) for number in sys.version_info[:3])
    if sys.version_info < PYTHON:
        return _bad("python", f"Python {version}", "Install Python 3.11 or newer.")
    return _good("python", f"Python {version}")


def _data_folder(layout: Layout) -> Iterator[Check]:
    folder = next(place for place in (layout.data, *layout.data.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield _bad("data", f"{folder} cannot be written to: {error.strerror}", f"Let {_me()} write there.")
        return
    yield _good("data", f"{layout.data} can be written to")
    usage = shutil.disk_usage(folder)
    percent = 100 * usage.free / usage.total
    text = f"{percent:.0f} % of the disk is free ({usage.free / 2**30:.1f} GiB)"
    if percent < DISK_WARNING:
        yield _warning("disk", text, "Make room, or move data_dir: a full disk stops every run.")
    else:
        yield _good("disk", text)


def _supervisor(layout: Layout, there: StationPresence) -> Check:
    if there.ready and there.pid is not None:
        if psutil.pid_exists(there.pid):
            return _good("station", f"up, supervisor is process {there.pid}")
        return _bad("station", f"process {there.pid} is gone, its lock is held", "Find out who holds station.lock.")
    if there.up:
        return _warning("station", "starting, or going down", "Wait a few seconds and look again.")
    if layout.ready.exists():
        return _warning("station", "down, and it was not shut down in order", "`station up` goes on where it was.")
    return _good("station", "down")


async def _engine(config: StationConfig, layout: Layout, there: StationPresence) -> list[Check]:
    report = await engine_report(config, layout)
    checks = [_bad("engine", problem, "See the message.") for problem in report.problems]
    if report.embedded and report.version and not report.problems:
        checks.append(_good("engine", f"{report.version}, {report.binary}"))
    where = f"Temporal at {address_of(config)}"
    if report.reachable:
        checks.append(_good("temporal", f"{where} answers, {report.open_workflows} workflows open"))
    elif there.ready or not report.embedded:
        checks.append(_bad("temporal", f"{where} does not answer", report.note))
    else:
        checks.append(_good("temporal", f"{where} is down, like the station"))
    return checks


def _ports(config: StationConfig, there: StationPresence) -> Iterator[Check]:
    if config.temporal.address:
        return
    ports = {"temporal.port": config.temporal.port, "temporal.ui_port": config.temporal.ui_port}
    for setting, port in ports.items():
        if there.up:
            yield _good("port", f"{setting} {port} is the station's")
        elif _is_free(port):
            yield _good("port", f"{setting} {port} is free")
        else:
            yield _bad("port", f"{setting} {port} is taken by another program", f"End it, or change {setting}.")


async def _database(config: StationConfig, layout: Layout) -> list[Check]:
    url = config.database_url(layout.base)
    mend = "`station up` makes and migrates it; a damaged file is replaced by the last backup."
    file = Path(url.partition(":///")[2]) if url.startswith("sqlite") else None
    if file is not None and not file.exists() and not file.with_name(file.name + "-wal").exists():
        return [_good("database", f"{file} is not there yet; the first `station up` makes it"), _clock(None)]
    try:
        async with Database(url) as database:
            newest = await Runs(database).list(limit=1)
            name = database.name
    except StationError as error:
        return [_bad("database", error.message, mend), _clock(None)]
    wrong = await integrity(url)
    checks = [_bad("database", finding, mend) for finding in wrong] or [_good("database", f"{name} is whole")]
    free = disk_free(url)
    if free is not None and free < 2**28:
        checks.append(_warning("database", f"{free / 2**20:.0f} MiB free for it", "Make room on its disk."))
    return [*checks, _clock(newest[0].accepted_at if newest else None)]


def _clock(newest: datetime | None) -> Check:
    now = datetime.now(UTC)
    mend = "Set the clock (NTP) before the next run: times and run ids come from it."
    if now < EARLIEST:
        return _bad("clock", f"it says {now:%Y-%m-%d %H:%M} UTC, which is past", mend)
    if newest is not None and newest > now + CLOCK_TOLERANCE:
        return _bad("clock", f"it says {now:%Y-%m-%d %H:%M} UTC; the last run began at {newest:%Y-%m-%d %H:%M}", mend)
    return _good("clock", f"{now:%Y-%m-%d %H:%M} UTC")


async def _packages(config: StationConfig, layout: Layout) -> list[Check]:
    checks = []
    for package in dict.fromkeys(batch.sequence_package for batch in config.batches):
        folder = layout.base / package
        users = ", ".join(batch.id for batch in config.batches if batch.sequence_package == package)
        found = errors_among(await asyncio.to_thread(verify_package, folder))
        checks += [_bad("package", f"{package}: {finding}", f"Mend it; needed by {users}.") for finding in found]
        if not found:
            checks.append(_good("package", f"{package} can be used ({users})"))
    return checks


async def _instrument(batch: BatchConfig, name: str, layout: Layout) -> Check:
    """Knock at an instrument's port; which settings say where it is, is a convention of the shipped drivers."""
    settings, label = batch.hardware[name], f"{name} of {batch.id}"
    mend = f"Check its cable and power, or correct batches.{batch.id}.hardware.{name}."
    match settings:
        case {"endpoint": str(endpoint)} if "://" in endpoint:
            host, _, port = endpoint.partition("://")[2].partition("/")[0].rpartition(":")
        case {"ip": str(host), "port": int(number)} | {"host": str(host), "port": int(number)}:
            port = str(number)
        case {"port": str(device)}:
            if (layout.base / device).exists():
                return _good("instrument", f"{label}: {device} is there")
            return _bad("instrument", f"{label}: there is no device {device}", mend)
        case _:
            return _good("instrument", f"{label}: its settings name no port; not looked at")
    try:
        async with asyncio.timeout(REACH_WITHIN.total_seconds()):
            _, writer = await asyncio.open_connection(host, int(port))
        writer.close()
    except (OSError, ValueError) as error:
        return _bad("instrument", f"{label}: {host}:{port} takes no connection ({str(error) or 'no answer'})", mend)
    return _good("instrument", f"{label}: {host}:{port} takes connections")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _me() -> str:
    return f"the user {os.getuid()}" if hasattr(os, "getuid") else "this user"


def _good(name: str, text: str) -> Check:
    return Check(name=name, grade=Grade.OK, text=text)


def _warning(name: str, text: str, mend: str) -> Check:
    return Check(name=name, grade=Grade.WARNING, text=text, mend=mend)


def _bad(name: str, text: str, mend: str) -> Check:
    return Check(name=name, grade=Grade.ERROR, text=text, mend=mend)
