"""`station user`, `key`, `audit` and `password-hash`: who may use the station, and what people did."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import typer
from pydantic import BaseModel
from rich.markup import escape
from rich.table import Table

from station.cli.options import misuse
from station.cli.output import EXIT_ERROR, out, print_json, time_text
from station.cli.place import Place, user
from station.cli.results import moment
from station.control.badges import check_new_badge
from station.control.passwords import Passwords, check_new_password, hash_password
from station.control.people import People
from station.control.presence import presence
from station.domain.people import User
from station.domain.roles import Role
from station.storage.audit import Audit, AuditFilter
from station.storage.database import Database
from station.storage.migrate import migrate


async def users(place: Place, *, json: bool) -> None:
    """Write who may log in."""
    async with _people(place) as people:
        found = await people.users()
    if json:
        _print_all(found)
    elif not found:
        out().print("There is no user; station user add NAME --role ROLE makes one.")
    else:
        rows = [
            [each.name, each.role, _yes(each.active), time_text(each.changed_at), _yes(each.badge)] for each in found
        ]
        _print_table(("name", "role", "may log in", "password since", "badge"), rows)


async def add_user(place: Place, name: str, role: Role, *, json: bool) -> None:
    """Let somebody in; an AccessError passes through."""
    password = ask_password()
    async with _people(place) as people:
        _print_user(await people.add_user(name, password, role, by=user()), json=json)


async def set_password(place: Place, name: str, *, json: bool) -> None:
    """Give a user another password; an AccessError passes through."""
    password = ask_password()
    async with _people(place) as people:
        _print_user(await people.set_password(name, password, by=user()), json=json)


async def set_role(place: Place, name: str, role: Role, *, json: bool) -> None:
    """Give a user another role; an AccessError passes through."""
    async with _people(place) as people:
        _print_user(await people.set_role(name, role, by=user()), json=json)


async def set_active(place: Place, name: str, *, active: bool, json: bool) -> None:
    """Let a user log in, or not any more; an AccessError passes through."""
    async with _people(place) as people:
        _print_user(await people.set_active(name, active=active, by=user()), json=json)


async def set_badge(place: Place, name: str, *, json: bool) -> None:
    """Give a user the badge that is scanned, or read from standard input; an AccessError passes through."""
    badge = _secret("Badge", again=False)
    check_new_badge(badge)
    async with _people(place) as people:
        _print_user(await people.set_badge(name, badge, by=user()), json=json)


async def remove_badge(place: Place, name: str, *, json: bool) -> None:
    """Make a user's badge worth nothing; an AccessError passes through."""
    async with _people(place) as people:
        _print_user(await people.remove_badge(name, by=user()), json=json)


async def keys(place: Place, *, json: bool) -> None:
    """Write which machines may call."""
    async with _people(place) as people:
        found = await people.keys()
    if json:
        _print_all(found)
    elif not found:
        out().print("There is no key; station key add NAME --role ROLE makes one.")
    else:
        rows = [
            [each.name, each.role, "yes" if each.active else f"revoked {time_text(each.revoked_at)}", each.created_by]
            for each in found
        ]
        _print_table(("name", "role", "may call", "made by"), rows)


async def add_key(place: Place, name: str, role: Role, *, json: bool) -> None:
    """Make a key and write it, for the only time; an AccessError passes through."""
    async with _people(place) as people:
        made, key = await people.add_key(name, role, by=user())
    if json:
        print_json({**made.model_dump(mode="json"), "key": key})
        return
    console = out()
    console.print(f"{made.name} ({made.role}); this is shown once, keep it where the machine finds it:", markup=False)
    console.print(key, markup=False, soft_wrap=True)


async def revoke_key(place: Place, name: str, *, json: bool) -> None:
    """Make a key worth nothing; an AccessError passes through."""
    async with _people(place) as people:
        made = await people.revoke_key(name, by=user())
    if json:
        print_json(made)
    else:
        out().print(f"{made.name}: is worth nothing since {time_text(made.revoked_at)}", markup=False)


def write_hash() -> None:
    """Write the hash of a password; an AccessError passes through where it cannot be one."""
    sys.stdout.write(hash_password(ask_password()) + "\n")


async def list_audit(
    place: Place,
    *,
    actor: str | None,
    action: str | None,
    target: str | None,
    since: str | None,
    limit: int,
    json: bool,
) -> None:
    """Write what people did, newest first; a ParameterError passes through where `since` is no time."""
    wanted = AuditFilter(actor, action, target, moment(since) if since else None, limit=limit)
    async with place.database() as database:
        found = await Audit(database).list(wanted)
    if json:
        print_json([{"id": each.id, **each.deed.model_dump(mode="json", exclude={"id"})} for each in found])
    elif not found:
        out().print("Nothing that matches was done.")
    else:
        rows = [
            [
                str(each.id),
                time_text(each.deed.at),
                each.deed.actor,
                each.deed.action,
                each.deed.target,
                each.deed.reason,
            ]
            for each in found
        ]
        _print_table(("id", "time", "who", "what", "to what", "why"), rows)


async def verify_audit(place: Place, known: str | None, *, json: bool) -> int:
    """Write whether the audit is whole; gives the exit code."""
    async with place.database() as database:
        verdict = await Audit(database).verify(_known(known))
    if json:
        names = ("whole", "entries", "head_id", "head_hash", "broken_id", "problem")
        print_json({name: getattr(verdict, name) for name in names})
    elif verdict.whole:
        out().print(f"{verdict.entries} entries, whole; the last is {verdict.head_id}:{verdict.head_hash}")
    else:
        out().print(f"[bold red]the audit breaks at entry {verdict.broken_id}[/]: {escape(verdict.problem)}")
    return 0 if verdict.whole else EXIT_ERROR


def ask_password() -> str:
    """Ask for a new password, twice; or read it from standard input where nobody types.

    An AccessError passes through where it cannot be one.
    """
    password = _secret("Password", again=True)
    check_new_password(password)
    return password


def _secret(what: str, *, again: bool) -> str:
    if sys.stdin.isatty():
        typed: str = typer.prompt(what, hide_input=True, confirmation_prompt=again, err=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


@asynccontextmanager
async def _people(place: Place) -> AsyncIterator[People]:
    url = place.config.database_url(place.layout.base)
    if not presence(place.layout).up:
        await migrate(url)  # the first user comes before the first start
    async with Database(url) as database:
        yield People(place.config, database, Passwords())


def _known(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    number, colon, hash_ = text.partition(":")
    if not colon or not number.isdecimal():
        misuse("an entry is ID:HASH, as `station audit verify` writes it", "--known")
    return int(number), hash_


def _print_user(changed: User, *, json: bool) -> None:
    if json:
        print_json(changed)
    else:
        out().print(
            f"{changed.name}: {changed.role}, may log in: {_yes(changed.active)}, badge: {_yes(changed.badge)}",
            markup=False,
        )


def _print_all(found: Sequence[BaseModel]) -> None:
    print_json([each.model_dump(mode="json") for each in found])


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    out().print(table)


def _yes(so: bool) -> str:
    return "yes" if so else "no"
