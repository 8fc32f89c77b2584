"""Commands about who may use the station, and about what people did."""

from enum import StrEnum
from typing import Annotated

import typer

from station.cli.options import CONFIG, ConfigOption, JsonOption, examples, leave, misuse
from station.domain.roles import Role


class UserWord(StrEnum):
    """What is to be done about a user."""

    LIST = "list"
    ADD = "add"
    PASSWORD = "password"  # noqa: S105 - a word of the command line
    ROLE = "role"
    DISABLE = "disable"
    ENABLE = "enable"
    BADGE = "badge"
    NO_BADGE = "no-badge"


class KeyWord(StrEnum):
    """What is to be done about a key."""

    LIST = "list"
    ADD = "add"
    REVOKE = "revoke"


class AuditWord(StrEnum):
    """What is asked of the audit."""

    LIST = "list"
    VERIFY = "verify"


RoleOption = Annotated[Role | None, typer.Option(help="add, role: what it may do.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "station user",
            "station user add kim --role manager",
            "station user password kim < password.txt",
            "station user role kim --role viewer",
            "station user disable kim",
            "station user badge kim",
            "station user no-badge kim",
        )
    )(user)
    app.command(
        epilog=examples("station key", "station key add scanner --role operator", "station key revoke scanner")
    )(key)
    app.command("password-hash", epilog=examples("station password-hash", "station password-hash < password.txt"))(
        password_hash
    )
    app.command(
        epilog=examples(
            "station audit",
            "station audit list --actor kim --since 8h --json",
            "station audit verify",
            "station audit verify --known 1042:6f1c...",
        )
    )(audit)


def user(
    word: Annotated[
        UserWord, typer.Argument(help="list, add, password, role, disable, enable, badge, no-badge.")
    ] = UserWord.LIST,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the user; capitals do not matter.")] = "",
    role: RoleOption = None,
    json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Show who may log in, let people in, or out.

    A password or a badge is asked for, or read from standard input; it is never an argument, which others could see.
    """
    from station.cli import access
    from station.cli.place import Place, wait_for

    if word is not UserWord.LIST and not name:
        misuse("which user?", "NAME")
    place = Place.of(config)
    match word:
        case UserWord.LIST:
            wait_for(access.users(place, json=json))
        case UserWord.ADD:
            wait_for(access.add_user(place, name, _needed(role), json=json))
        case UserWord.PASSWORD:
            wait_for(access.set_password(place, name, json=json))
        case UserWord.ROLE:
            wait_for(access.set_role(place, name, _needed(role), json=json))
        case UserWord.DISABLE | UserWord.ENABLE:
            wait_for(access.set_active(place, name, active=word is UserWord.ENABLE, json=json))
        case UserWord.BADGE:
            wait_for(access.set_badge(place, name, json=json))
        case UserWord.NO_BADGE:
            wait_for(access.remove_badge(place, name, json=json))


def key(
    word: Annotated[KeyWord, typer.Argument(help="list, add, revoke.")] = KeyWord.LIST,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for; the audit says it.")] = "",
    role: RoleOption = None,
    json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Show the API keys of machines, make one, or make one worth nothing.

    A new key is shown once; the station keeps its hash alone.
    """
    from station.cli import access
    from station.cli.place import Place, wait_for

    if word is not KeyWord.LIST and not name:
        misuse("which key?", "NAME")
    place = Place.of(config)
    match word:
        case KeyWord.LIST:
            wait_for(access.keys(place, json=json))
        case KeyWord.ADD:
            wait_for(access.add_key(place, name, _needed(role), json=json))
        case KeyWord.REVOKE:
            wait_for(access.revoke_key(place, name, json=json))


def password_hash() -> None:
    """Make the bcrypt hash of a password, for server.auth.basic.password_hash in station.yaml."""
    from station.cli import access

    access.write_hash()


def audit(
    word: Annotated[AuditWord, typer.Argument(help="list; verify: whether anything was changed.")] = AuditWord.LIST,
    actor: Annotated[str | None, typer.Option(help="list: only what this one did.")] = None,
    action: Annotated[str | None, typer.Option(help="list: only this action, such as stop.")] = None,
    target: Annotated[str | None, typer.Option(help="list: only what was done to this.")] = None,
    since: Annotated[str | None, typer.Option(help="list: 30m, 8h, 3d, 1w ago, or a date.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="list: at most so many.")] = 50,
    known: Annotated[
        str | None, typer.Option(metavar="ID:HASH", help="verify: an entry noted elsewhere, which must still stand.")
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Show what people did, newest first, or verify that nothing of it was changed; exits with 2 if it was."""
    from station.cli import access
    from station.cli.place import Place, wait_for

    place = Place.of(config)
    if word is AuditWord.VERIFY:
        leave(wait_for(access.verify_audit(place, known, json=json)))
    wait_for(access.list_audit(place, actor=actor, action=action, target=target, since=since, limit=limit, json=json))


def _needed(role: Role | None) -> Role:
    if role is None:
        misuse(f"which role? {', '.join(Role)}", "--role")
    return role
