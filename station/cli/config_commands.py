"""Commands about station.yaml: look, check, compare, take an earlier one back."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from station.cli.options import CONFIG, ConfigOption, JsonOption, examples, leave, misuse


class ConfigWord(StrEnum):
    """What is to be done about the configuration."""

    CHECK = "check"
    SHOW = "show"
    SAVE = "save"
    BACKUPS = "backups"
    RESTORE = "restore"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "station config check",
            "station config show > edited.yaml",
            'station config save edited.yaml --reason "longer soak"',
            "station config restore 20260131T080000000000Z-3f9c21ab",
        )
    )(config)


def config(
    word: Annotated[
        ConfigWord,
        typer.Argument(
            help="check: say what is wrong; show: write it without its secrets; save: take an edited text; "
            "backups, restore: what it was before it was saved."
        ),
    ] = ConfigWord.CHECK,
    what: Annotated[str, typer.Argument(metavar="WHAT", help="save: the edited file; restore: id of the backup.")] = "",
    reason: Annotated[str, typer.Option("--reason", "-r", help="save, restore: why; kept in the audit.")] = "",
    json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Check station.yaml, or change it with a backup and an entry in the audit, as the screen does.

    `check` and `show` work on a station.yaml that is wrong, too.
    """
    from station.cli import config as config_

    if (word in {ConfigWord.SAVE, ConfigWord.RESTORE}) != bool(what):
        misuse("save needs a file, restore a backup, the others nothing", "WHAT")
    match word:
        case ConfigWord.CHECK:
            leave(config_.check(config, json=json))
        case ConfigWord.SHOW:
            config_.show(config, json=json)
        case ConfigWord.BACKUPS:
            config_.backups(config, json=json)
        case ConfigWord.SAVE:
            config_.save(config, Path(what), reason=reason)
        case ConfigWord.RESTORE:
            config_.restore(config, what, reason=reason)
