"""Commands about the versions of sequence packages: look, bring one, have a batch use one, go back."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from station.cli.options import CONFIG, ConfigOption, JsonOption, examples, misuse


class SequenceWord(StrEnum):
    """What is to be done about the versions."""

    LIST = "list"
    UPLOAD = "upload"
    ACTIVATE = "activate"
    ROLLBACK = "rollback"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "station sequence",
            "station sequence upload pcb_test.zip",
            'station sequence activate batch_1 --name pcb_test --version 3f9c21ab --reason "limits of revision C"',
            'station sequence rollback batch_1 --reason "too many false fails"',
        )
    )(sequence)


def sequence(
    word: Annotated[
        SequenceWord,
        typer.Argument(help="list; upload: bring a version; activate, rollback: decide what a batch uses next."),
    ] = SequenceWord.LIST,
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="upload: a zip or a folder; activate, rollback: id of the batch.")
    ] = "",
    name: Annotated[str, typer.Option(help="activate: name of the package.")] = "",
    version: Annotated[
        str, typer.Option(help="activate: content hash of the version, or the first eight digits of it or more.")
    ] = "",
    reason: Annotated[str, typer.Option("--reason", "-r", help="activate, rollback: why; kept in the audit.")] = "",
    json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Show the versions of sequence packages and which batch uses which, bring a new one, or choose one for a batch.

    A choice holds for the next run; a run that is under way keeps the version it was started with.
    """
    from station.cli import sequence as sequence_
    from station.cli.place import Place, wait_for

    place = Place.of(config)
    if word is not SequenceWord.LIST and not what:
        misuse("upload needs a zip or a folder, the others a batch", "WHAT")
    if word in {SequenceWord.ACTIVATE, SequenceWord.ROLLBACK} and not reason.strip():
        misuse("say why; it is kept in the audit", "--reason")
    match word:
        case SequenceWord.LIST:
            wait_for(sequence_.show(place, json=json))
        case SequenceWord.UPLOAD:
            wait_for(sequence_.upload(place, Path(what), json=json))
        case SequenceWord.ACTIVATE:
            if not (name and version):
                misuse("activate needs the package and its version", "--name, --version")
            wait_for(sequence_.activate(place, what, name=name, version=version, reason=reason, json=json))
        case SequenceWord.ROLLBACK:
            wait_for(sequence_.rollback(place, what, reason=reason, json=json))
