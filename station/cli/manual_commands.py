"""Commands about a slot in a person's hand: manual control, and the end of a quarantine."""

from enum import StrEnum
from typing import Annotated

import typer

from station.cli.options import CONFIG, BatchArgument, ConfigOption, JsonOption, examples, leave


class ManualWord(StrEnum):
    """What is to be done by hand."""

    SHOW = "show"
    OPEN = "open"
    COMMANDS = "commands"
    DO = "do"
    STEP = "step"
    SAFE = "safe"
    LEAVE = "leave"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "station manual batch_1",
            "station manual commands batch_1",
            "station manual do batch_1 dmm.measure_dc channel=101",
            "station manual open batch_1 --hold",
            "station manual do batch_1 power.output_on voltage=12 current_limit=1 --yes",
            "station manual step batch_1 power_up supply_voltage=11.5",
            "station manual safe batch_1",
            "station manual leave batch_1",
        )
    )(manual)
    app.command(
        epilog=examples(
            'station clear batch_1 --reason "cable of the supply replaced, unit taken out"',
            'station clear batch_1 --no-make-safe --reason "supply is away for repair, the slot is without power"',
        )
    )(clear)


def manual(
    word: Annotated[
        str,
        typer.Argument(
            metavar="WORD",
            help="show, open, commands, do, step, safe or leave; a batch alone shows who has it in hand.",
        ),
    ],
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="Id of the batch, such as batch_1.")] = "",
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WHAT", help="do: INSTRUMENT.COMMAND and its NAME=VALUE; step: the step and its parameters."
        ),
    ] = None,
    hold: Annotated[
        bool, typer.Option("--hold", help="open: stay until Ctrl-C; safe within seconds when this program dies.")
    ] = False,
    steps: Annotated[
        bool, typer.Option("--steps", help="open: for single steps; the package's setup runs first.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do: a command that must be confirmed is meant.")] = False,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why; kept in the audit.")] = "",
    json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Control a slot's instruments by hand; its runs are kept out meanwhile, and everything is in the audit.

    do and step without an open session open one, do what they are told, and leave: what was switched on is off again
    when they return. A session that is open ends by itself, with the instruments safe, when nobody does anything.
    """  # noqa: DOC501 - this is the help of the command; typer shows the error itself
    from station.cli import manual as manual_
    from station.cli.place import Place, wait_for

    if word not in list(ManualWord) and not batch:
        word, batch = ManualWord.SHOW, word
    if word not in list(ManualWord) or not batch:
        known = ", ".join(ManualWord)
        raise typer.BadParameter(f"say one of {known}, and the batch: station manual do batch_1 dmm.identify")
    place, words = Place.of(config), what or []
    match ManualWord(word):
        case ManualWord.SHOW:
            work = manual_.show(place, batch, json=json)
        case ManualWord.OPEN:
            work = manual_.open_(place, batch, steps=steps, hold=hold, reason=reason, json=json)
        case ManualWord.COMMANDS:
            work = manual_.commands(place, batch, json=json)
        case ManualWord.DO:
            work = manual_.do(place, batch, words, confirmed=yes, reason=reason, json=json)
        case ManualWord.STEP:
            work = manual_.step(place, batch, words, reason=reason, json=json)
        case ManualWord.SAFE:
            work = manual_.safe(place, batch, reason=reason, json=json)
        case ManualWord.LEAVE:
            work = manual_.leave(place, batch, reason=reason, json=json)
    leave(wait_for(work))


def clear(
    batch: BatchArgument,
    reason: Annotated[
        str, typer.Option("--reason", "-r", help="What was found, and why the slot can be used again; required.")
    ] = "",
    make_safe: Annotated[
        bool,
        typer.Option(
            "--make-safe/--no-make-safe",
            help="Whether the instruments must let themselves be made safe first, or your word is enough.",
        ),
    ] = True,
    config: ConfigOption = CONFIG,
) -> None:
    """Let a slot in quarantine take runs again, after you have looked at it; kept in the audit with your reason."""
    from station.cli import manual as manual_
    from station.cli.place import Place, wait_for

    leave(wait_for(manual_.clear(Place.of(config), batch, reason=reason, make_safe=make_safe)))
