"""`station sequence`: shows the versions of sequence packages, and passes a person's decisions on."""

import asyncio
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from station.cli.output import out, print_json, time_text
from station.cli.place import Place, user
from station.control import choosing, packages, uploading
from station.control.packages import SequenceEntry
from station.domain.choice import PackageChoice
from station.domain.errors import PackageNotFoundError
from station.execution.archive import LIMITS

SHOWN = 12
"""Digits of a content hash that people read."""


async def show(place: Place, *, json: bool) -> None:
    """Write the packages, their versions, and who uses which; a StorageError passes through."""
    async with place.database() as database:
        found = await packages.list_sequences(place.config, place.layout, database)
    if json:
        print_json([entry.model_dump(mode="json") for entry in found])
    else:
        print_sequences(out(), found)


async def upload(place: Place, path: Path, *, json: bool) -> None:
    """Keep the version in a zip or a folder; a PackageError passes through."""
    kind = await asyncio.to_thread(_kind_of, path)
    async with place.database() as database:
        if kind == "folder":
            done = await uploading.publish_folder(place.layout, database, path, by=user())
        else:
            limits = replace(LIMITS, size=place.config.server.upload_bytes)
            with path.open("rb") as archive:
                done = await uploading.upload(place.layout, database, archive, by=user(), limits=limits)
    if json:
        print_json(done)
        return
    ref = done.package
    note = "is kept; no batch uses it yet" if done.new else "was here before; nothing was changed"
    out().print(f"{ref.name} {ref.version} ({ref.content_hash[:SHOWN]}) {note}", markup=False)
    for warning in done.warnings:
        out().print(f"{warning.severity:<8}{warning}", markup=False)


async def activate(place: Place, batch: str, *, name: str, version: str, reason: str, json: bool) -> None:
    """Have the next run of a batch use a version."""
    async with place.database() as database:
        choice = await choosing.activate(
            place.config, place.layout, database, batch, name=name, content_hash=version, by=user(), reason=reason
        )
    _tell(choice, json=json)


async def rollback(place: Place, batch: str, *, reason: str, json: bool) -> None:
    """Have the next run of a batch use what it used before."""
    async with place.database() as database:
        choice = await choosing.roll_back(place.config, place.layout, database, batch, by=user(), reason=reason)
    _tell(choice, json=json)


def print_sequences(console: Console, found: list[SequenceEntry]) -> None:
    """Write the packages as a table: a line for each version, with the batches that use it."""
    table = Table(box=None, pad_edge=False)
    for column in ("package", "version", "hash", "since", "by", "used by"):
        table.add_column(column, overflow="fold")
    for entry in found:
        users: dict[str, list[str]] = {}
        for use in entry.used_by:
            users.setdefault(use.content_hash, []).append(use.batch if use.chosen else f"{use.batch} (its folder)")
        for version in entry.versions:
            table.add_row(
                escape(entry.name),
                version.version,
                version.content_hash[:SHOWN],
                time_text(version.published_at),
                escape(version.published_by),
                escape(", ".join(users.pop(version.content_hash, []))),
            )
        for content_hash, batches in users.items():
            note = "with the next start" if content_hash else "cannot be used; see station lint"
            table.add_row(escape(entry.name), "", content_hash[:SHOWN], note, "", escape(", ".join(batches)))
    console.print(table)


def _kind_of(path: Path) -> str:
    """Tell whether a path is a file or a folder.

    Raises:
        PackageNotFoundError: If it is neither.
    """
    if not path.exists():
        msg = f"there is no file and no folder {path}"
        raise PackageNotFoundError(msg)
    return "folder" if path.is_dir() else "file"


def _tell(choice: PackageChoice, *, json: bool) -> None:
    if json:
        print_json(choice)
        return
    ref = choice.package
    what = f"{ref.name} {ref.version} ({ref.content_hash[:SHOWN]})" if ref else f"what is in {choice.folder}"
    out().print(f"the next run of {choice.batch} uses {what}", markup=False)
