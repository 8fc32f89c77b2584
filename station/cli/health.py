"""`station doctor`, `station engine` and `station backup`: writes what was found and done."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.markup import escape

from station.cli.output import out, print_json
from station.cli.place import Place, user
from station.config.model import StationConfig
from station.control.backup import back_up
from station.control.doctor import Check, Grade, examine
from station.control.reset import begin_anew, engine_report
from station.mes.client import make_client

MES_WITHIN = timedelta(seconds=5)
"""How long the MES may take to say how it is."""

_MARKS = {Grade.OK: "[green]ok[/]     ", Grade.WARNING: "[yellow]warning[/]", Grade.ERROR: "[bold red]error[/]  "}


async def report_health(place: Place, *, instruments: bool, json: bool) -> int:
    """Look the station over; returns 1 if something does not work."""
    checks = await examine(place.config, place.layout, instruments=instruments)
    if place.config.backend.url:
        checks.append(await _mes(place.config))
    errors = sum(check.grade is Grade.ERROR for check in checks)
    warnings = sum(check.grade is Grade.WARNING for check in checks)
    if json:
        print_json({"ok": not errors, "checks": [check.model_dump(mode="json") for check in checks]})
        return 1 if errors else 0
    console = out()
    for check in checks:
        console.print(f"{_MARKS[check.grade]} {check.name:<11} {escape(check.text)}")
        if check.mend:
            console.print(f"{'':<19} → {escape(check.mend)}")
    console.print(f"{len(checks)} checks, {errors} errors, {warnings} warnings")
    return 1 if errors else 0


async def report_engine(place: Place, *, json: bool) -> None:
    """Write how the engine stands."""
    report = await engine_report(place.config, place.layout)
    if json:
        print_json(report)
        return
    facts = {
        "engine": "the station's own" if report.embedded else "a server elsewhere",
        "address": report.address,
        "answers": "yes" if report.reachable else "no",
        "open": "" if report.open_workflows is None else f"{report.open_workflows} workflows",
        "program": report.binary,
        "version": report.version,
        "file": report.file,
        "made by": report.made_by or ("nobody yet" if report.embedded else ""),
        "size": f"{report.size_bytes / 2**20:.1f} MiB" if report.size_bytes else "",
    }
    console = out()
    for name, text in facts.items():
        if text:
            console.print(f"{name:<8} {escape(text)}")
    for problem in report.problems:
        console.print(f"[bold red]problem[/]  {escape(problem)}")


async def reset_engine(place: Place, *, json: bool) -> None:
    """Put the engine's file aside, and say what was open in it."""
    report = await begin_anew(place.config, place.layout, datetime.now(UTC), by=user())
    if json:
        print_json(report)
        return
    console = out()
    if report.archive:
        console.print(f"The engine's old file is in {escape(report.archive)}; the next `station up` makes a new one.")
    if not report.aborted:
        console.print("No run was open in it.")
    for run_id in report.aborted:
        console.print(f"Run {run_id} was open and is ABORTED now (ENGINE_RESET).")


async def _mes(config: StationConfig) -> Check:
    """Ask the MES how it is; a station works without it, so it is never an error."""
    backend = config.backend
    mes = make_client(backend, station_id=config.station.id)
    try:
        async with asyncio.timeout(MES_WITHIN.total_seconds()):
            well = await mes.health()
    except TimeoutError:
        well = False
    finally:
        await mes.close()
    where = f"the MES at {backend.url} (profile {backend.profile})"
    if well:
        return Check(name="mes", grade=Grade.OK, text=f"{where} is well")
    return Check(
        name="mes",
        grade=Grade.WARNING,
        text=f"{where} does not answer, or says that it is not well",
        mend="Runs go on and what is owed is kept; check the network, backend.url and backend.health_path.",
    )


async def report_backup(place: Place, into: Path, *, keep: int, json: bool) -> None:
    """Back the station up and say what is in it; a StorageError passes through."""
    report = await back_up(place.config, place.config_file, place.layout, into, keep=keep, now=datetime.now(UTC))
    if json:
        print_json(report)
        return
    console = out()
    console.print(f"{report.folder}: {', '.join(report.files)}", markup=False)
    for what in report.left_out:
        console.print(f"not in it: {what}", markup=False)
    for folder in report.removed:
        console.print(f"removed: {folder}", markup=False)
