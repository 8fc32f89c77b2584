"""The command that runs a Reference MES, for demos, tests and trying things out."""

from pathlib import Path
from typing import Annotated

import typer

from station.cli.options import examples, leave
from station.testing.reference_mes.settings import Profile


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "station mes --seed-wips 20",
            "station mes --profile neurohub --port 3001 --db data/neurohub.sqlite3",
            'station mes --faults "seed=1,rate=0.1,kinds=status|commit_then_reset"',
        )
    )(mes)


def mes(
    profile: Annotated[Profile, typer.Option(help="Which contract it speaks.")] = Profile.DOCUMENTED,
    port: Annotated[int, typer.Option(min=0, max=65535, help="TCP port; 0: any.")] = 3000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    db: Annotated[Path, typer.Option(metavar="FILE", help="Its SQLite file; kept.")] = Path("data/mes.sqlite3"),
    seed_wips: Annotated[int, typer.Option(min=0, max=10_000, help="WIPs a new file gets.")] = 0,
    faults: Annotated[
        str, typer.Option(metavar="SCHEDULE", help="Share of calls that go wrong: seed=1,rate=0.1[,kinds=a|b].")
    ] = "",
    api_key: Annotated[str, typer.Option(help="documented: the key to be borne.")] = "reference-key",
    rate_limit: Annotated[
        int | None, typer.Option(min=0, help="Requests per minute and address; 0: no limit. neurohub: 100.")
    ] = None,
    allow_rework_from_failed: Annotated[
        bool, typer.Option("--allow-rework-from-failed", help="documented: a FAILED WIP may start again.")
    ] = False,
    convert_broken: Annotated[
        bool, typer.Option("--convert-broken", help="neurohub: convert-to-serial answers 500, as one release does.")
    ] = False,
) -> None:
    """Run a Reference MES in the foreground: a real server with the business rules, a ledger, and faults on demand.

    The neurohub profile knows the operator `operator` with the password `operator`.
    """
    from pydantic import ValidationError

    from station.cli.output import err, out
    from station.testing.reference_mes.faults import Schedule
    from station.testing.reference_mes.server import serve
    from station.testing.reference_mes.settings import MesSettings

    settings = MesSettings(
        profile=profile,
        database=db,
        host=host,
        port=port,
        api_key=api_key,
        rate_limit=rate_limit,
        allow_rework_from_failed=allow_rework_from_failed,
        convert_broken=convert_broken,
    )
    try:
        schedule = Schedule.from_text(faults) if faults else None
    except ValidationError as error:
        err().print(f"--faults {faults}: {error.errors()[0]['msg']}", markup=False)
        leave(2)

    def ready(url: str) -> None:
        out().print(f"MES ready: {url} ({profile}), kept in {db}", markup=False)

    try:
        serve(settings, seed_wips, schedule, ready)
    except OSError as error:
        err().print(f"the MES cannot start: {error}; is another one running?", markup=False)
        leave(2)
