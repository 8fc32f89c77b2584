"""Options and arguments that several commands share."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

CONFIG = Path("config/station.yaml")

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", envvar="STATION_CONFIG", metavar="PATH", help="The station's configuration.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON, for machines.")]
ReasonOption = Annotated[str, typer.Option("--reason", "-r", help="Why; kept with the run.")]
BatchArgument = Annotated[str, typer.Argument(metavar="BATCH", help="Id of the batch, such as batch_1.")]


def examples(*lines: str) -> str:
    """Write the examples of a command, a line each, for the end of its help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def leave(code: int) -> NoReturn:
    """End the command with an exit code.

    Raises:
        Exit: Always.
    """
    raise typer.Exit(code)


def misuse(message: str, what: str) -> NoReturn:
    """End the command because its words do not fit together.

    Raises:
        BadParameter: Always.
    """
    raise typer.BadParameter(message, param_hint=what)
