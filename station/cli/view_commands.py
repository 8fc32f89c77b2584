"""Commands that look: how the station stands, what its runs came to."""

from typing import Annotated

import typer

from station.cli.options import CONFIG, ConfigOption, JsonOption, examples
from station.domain.outcome import Outcome


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=examples("station status", "station status --json"))(status)
    app.command(
        epilog=examples(
            "station results --outcome FAILED --since 8h",
            "station results --wip WIP-KR01PSA2511-001 --json",
        )
    )(results)
    app.command(epilog=examples("station show last", "station show 7QX2 --logs", "station show last --json"))(show)


def status(json: JsonOption = False, config: ConfigOption = CONFIG) -> None:
    """Show whether the station is up, each batch with its process and its run, and what the MES is owed."""
    from station.cli.place import Place, wait_for
    from station.cli.standing import report_status

    wait_for(report_status(Place.of(config), json=json))


def results(
    batch: Annotated[str | None, typer.Option("--batch", "-b", help="Only runs of this batch.")] = None,
    outcome: Annotated[Outcome | None, typer.Option(case_sensitive=False, help="Only this outcome.")] = None,
    wip: Annotated[str | None, typer.Option(help="Only runs of this unit.")] = None,
    since: Annotated[str | None, typer.Option(help="30m, 8h, 3d, 1w ago, or a date: 2026-01-31T08:00.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="At most so many.")] = 20,
    json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """List runs, newest first; refused starts too, with their reason."""
    from station.cli import results as results_
    from station.cli.place import Place, wait_for

    wait_for(
        results_.results(Place.of(config), batch=batch, outcome=outcome, wip=wip, since=since, limit=limit, json=json)
    )


def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of the run, an end of it, or: last.")],
    logs: Annotated[bool, typer.Option("--logs", "-l", help="With everything its steps logged.")] = False,
    json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Show everything that is known of a run: unit, package, each attempt of each step, its end, what the MES knows."""
    from station.cli import results as results_
    from station.cli.place import Place, wait_for

    wait_for(results_.show(Place.of(config), run, logs=logs, json=json))
