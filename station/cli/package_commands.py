"""Commands for authors of sequence packages: look one over, begin a new one."""

from pathlib import Path
from typing import Annotated

import typer

from station.cli.options import examples, leave


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=examples("station lint sequences/pcb_test"))(lint)
    app.command(epilog=examples("station new motor_test", "station new motor_test --into sequences"))(new)


def lint(path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder of the package.")]) -> None:
    """Look a sequence package over: what keeps it from running, and what will surprise its author.

    Exits with 1 if the package cannot be used.
    """
    from station.cli.output import out
    from station.execution.findings import errors_among
    from station.execution.lint import lint as look_over

    findings = look_over(path)
    console = out()
    for finding in findings:
        console.print(f"{finding.severity:<8}{finding}", markup=False)
    errors = len(errors_among(findings))
    console.print(f"{path}: " + (f"{errors} errors" if errors else "can be used"), markup=False)
    leave(1 if errors else 0)


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the package: lower case, digits and _.")],
    into: Annotated[Path, typer.Option(metavar="DIR", help="Folder it is made in.")] = Path("sequences"),
) -> None:
    """Begin a sequence package: a manifest, a sequence that runs, and a test of it."""
    from station.cli.output import out
    from station.execution.scaffold import new_package

    folder = new_package(name, into)
    console = out()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            console.print(str(file), markup=False)
    console.print(f"Next: station lint {folder}, pytest {folder}, and a batch with sequence_package: {folder}")
