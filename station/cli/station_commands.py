"""Commands about the station itself: up, demo, the bench, its batches' processes, its engine, its health."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from station.cli.options import CONFIG, BatchArgument, ConfigOption, JsonOption, examples, leave

PsuPortOption = Annotated[int, typer.Option(min=0, max=65535, help="Bench: TCP port of slot_1's supply; 0: any.")]
OpcUaPortOption = Annotated[int, typer.Option(min=0, max=65535, help="Bench: TCP port of the PLC; 0: any.")]
ControlPortOption = Annotated[int, typer.Option(min=0, max=65535, help="Bench: TCP port it is commanded on; 0: any.")]


class UnitKind(StrEnum):
    """What lies on the simulated bench."""

    GOOD = "good"
    BAD = "bad"


class DemoProfile(StrEnum):
    """How the demo's MES speaks."""

    DOCUMENTED = "documented"
    NEUROHUB = "neurohub"
    NONE = "none"


class EngineWord(StrEnum):
    """What is to be done about the engine."""

    STATUS = "status"
    RESET = "reset"


class BatchWord(StrEnum):
    """What a batch's process is to do."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=examples("station up", "station up --sim"))(up)
    app.command(epilog=examples("station demo", "station demo --unit bad", "station demo --profile neurohub"))(demo)
    app.command(epilog=examples("station sim --slots 2", "station sim --unit good --unit slot_2=bad"))(sim)
    app.command(epilog=examples("station batch restart batch_1", "station batch stop batch_2"))(batch)
    app.command(epilog=examples("station doctor", "station doctor --instruments --json"))(doctor)
    app.command(epilog=examples("station engine status", "station engine reset"))(engine)
    app.command(epilog=examples("station backup /var/backups/station --keep 7"))(backup)


def up(
    sim: Annotated[bool, typer.Option("--sim", help="With the simulated bench, which ends with it.")] = False,
    slots: Annotated[int, typer.Option(min=1, max=64, help="Bench: how many slots.")] = 3,
    psu_port: PsuPortOption = 15025,
    opcua_port: OpcUaPortOption = 14843,
    control_port: ControlPortOption = 15000,
    config: ConfigOption = CONFIG,
) -> None:
    """Bring the station up and keep it up: engine, batches, restarts. Ctrl-C or SIGTERM takes it down in order."""
    from station.cli.output import out
    from station.cli.place import Place
    from station.cli.processes import BenchWish
    from station.cli.up import become_supervisor

    bench = BenchWish(slots, psu_port, opcua_port, control_port) if sim else None
    become_supervisor(Place.of(config), out(), bench)


def demo(
    unit: Annotated[UnitKind, typer.Option(help="Which unit lies on the bench.")] = UnitKind.GOOD,
    profile: Annotated[
        DemoProfile, typer.Option(help="How its reference MES speaks; none: one run without MES.")
    ] = DemoProfile.DOCUMENTED,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the station up afterwards, until Ctrl-C.")] = False,
) -> None:
    """Take one unit through a station of its own, in data/demo; touches no station that is up.

    A reference MES is started with it, and the unit goes through all of its processes until it has its serial number.
    Exits with 0 only if the unit PASSED each of them and the MES was told exactly that, once.
    """
    from station.cli.demo import demo as take_one_unit
    from station.cli.output import out
    from station.testing.reference_mes.settings import Profile

    spoken = None if profile is DemoProfile.NONE else Profile(profile.value)
    leave(take_one_unit(unit.value, out(), profile=spoken, keep=keep))


def sim(
    directory: Annotated[Path, typer.Option("--dir", help="Where its serial lines and its log go.")] = Path("data/sim"),
    slots: Annotated[int, typer.Option(min=1, max=64, help="How many slots.")] = 3,
    unit: Annotated[
        list[str] | None, typer.Option(metavar="KIND|SLOT=KIND", help="good or bad, for all or one slot; repeatable.")
    ] = None,
    psu_port: PsuPortOption = 15025,
    opcua_port: OpcUaPortOption = 14843,
    control_port: ControlPortOption = 15000,
    seed: Annotated[int, typer.Option(help="Seed of the noise.")] = 1,
    time_scale: Annotated[float, typer.Option(help="How much faster than the clock chambers age.")] = 1.0,
) -> None:
    """Run the simulated bench in the foreground: multimeters, power supplies and a PLC on real lines and ports."""
    from station.cli.processes import BenchWish
    from station.hardware.simulation.__main__ import main as run_bench

    words = BenchWish(slots, psu_port, opcua_port, control_port).words(directory)
    words += ["--seed", str(seed), "--time-scale", str(time_scale)]
    for kind in unit or []:
        words += ["--unit", kind]
    code = run_bench(words)
    leave(2 if code else 0)


def batch(
    word: Annotated[BatchWord, typer.Argument(help="What its process is to do.")],
    batch_id: BatchArgument,
    config: ConfigOption = CONFIG,
) -> None:
    """Start, stop or restart a batch's process; the station remembers it for its next start."""
    from station.cli import orders

    orders.command(config, batch_id, word.value)


def doctor(
    instruments: Annotated[
        bool, typer.Option("--instruments", help="Knock at the instruments too; only while nobody is measuring.")
    ] = False,
    json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Look the station over; says how to mend what it finds. Exits with 1 if something does not work."""
    from station.cli.health import report_health
    from station.cli.place import Place, wait_for

    leave(wait_for(report_health(Place.of(config), instruments=instruments, json=json)))


def engine(
    word: Annotated[EngineWord, typer.Argument(help="status: how its file stands; reset: begin with a new one.")],
    json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Show how the embedded Temporal server stands, or put its file aside while the station is down.

    A reset ends runs that are open in it as ABORTED; results are not in that file and stay.
    """
    from station.cli.health import report_engine, reset_engine
    from station.cli.place import Place, wait_for

    work = report_engine if word is EngineWord.STATUS else reset_engine
    wait_for(work(Place.of(config), json=json))


def backup(
    into: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of all backups; each has one of its own in it.")],
    keep: Annotated[int, typer.Option("--keep", min=1, help="How many are kept, this one counted.")] = 7,
    json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Back the station up while it works: engine, results, configuration, each as it is at one moment."""
    from station.cli.health import report_backup
    from station.cli.place import Place, wait_for

    wait_for(report_backup(Place.of(config), into, keep=keep, json=json))
