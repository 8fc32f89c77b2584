"""The station's sequence packages as people look at them: versions, who uses which, what changed between two."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel

from station.config.model import StationConfig
from station.control.layout import Layout
from station.domain.errors import PackageNotFoundError
from station.domain.plan import PackageRef
from station.domain.prompt_fields import LONGEST, Words
from station.execution.description import Version
from station.execution.differences import FileDiff, ManifestDiff, file_diffs, manifest_diffs
from station.execution.manifest import Manifest, manifest_in
from station.execution.package import read_outline
from station.execution.store import PackageStore
from station.storage.choices import Choices
from station.storage.database import Database


class VersionEntry(BaseModel):
    """One version in the store.

    Attributes:
        content_hash: What the version is known by: the SHA-256 over its files.
        version: What its manifest says, for people.
        published_at: When it came into the store.
        published_by: Who brought it; empty: it came from a folder, with the start of a run.
    """

    content_hash: str
    version: str
    published_at: datetime
    published_by: str


class Use(BaseModel):
    """Which version the next run of a batch uses.

    Attributes:
        content_hash: Empty where the batch's folder cannot be used as it is now.
        chosen: Whether somebody chose it; false: it is what the batch's folder has.
        by: Who chose it.
    """

    batch: str
    content_hash: str
    version: str
    chosen: bool
    by: str = ""
    at: datetime | None = None
    reason: str = ""


class SequenceEntry(BaseModel):
    """One sequence package: its versions in the store, newest first, and who uses which.

    Attributes:
        display_name: In English, where its manifest says it in more than one language.
        description: Likewise.
        title: What people call it, in each language.
        about: What it tests, in each language; null where its manifest says nothing.
    """

    name: str
    display_name: str
    description: str
    title: Words
    about: Words | None
    versions: list[VersionEntry]
    used_by: list[Use]


class VersionDiff(BaseModel):
    """What one version has otherwise than another."""

    before: PackageRef
    after: PackageRef
    files: list[FileDiff]
    manifest: list[ManifestDiff]


async def list_sequences(config: StationConfig, layout: Layout, database: Database) -> list[SequenceEntry]:
    """List the packages that batches use or the store has; a StorageError passes through."""
    uses = await uses_of(config, layout, database)

    def look() -> list[SequenceEntry]:
        store = PackageStore(layout.packages)
        names = sorted({*store.names(), *uses})
        return [_entry(config, layout, store, name, uses.get(name, [])) for name in names]

    return await asyncio.to_thread(look)


async def uses_of(config: StationConfig, layout: Layout, database: Database) -> dict[str, list[Use]]:
    """Tell by package which batches use which version of it; a StorageError passes through."""
    choices = await Choices(database).all_standing({batch.id: batch.sequence_package for batch in config.batches})
    folders = await asyncio.to_thread(_folders, config, layout)
    uses: dict[str, list[Use]] = {}
    for batch in config.batches:
        ref: PackageRef | None
        choice = choices.get(batch.id)
        if choice is not None and choice.package is not None:
            name, ref = choice.package.name, choice.package
            told: dict[str, object] = {"chosen": True, "by": choice.by, "at": choice.at, "reason": choice.reason}
        else:
            name, ref = folders[batch.sequence_package]
            told = {"chosen": False}
        use = {
            "batch": batch.id,
            "content_hash": ref.content_hash if ref else "",
            "version": ref.version if ref else "",
        }
        uses.setdefault(name, []).append(Use.model_validate(use | told))
    return uses


async def find_version(
    config: StationConfig, layout: Layout, database: Database, name: str, content_hash: str = ""
) -> Version:
    """Tell what a version is.

    A PackageError passes through where there is no such version, or it cannot be used.

    Args:
        config: The station's configuration.
        layout: Where the station keeps its files.
        database: The open results database.
        name: The package.
        content_hash: The version; empty: the one the first of its batches uses, or else the newest.
    """
    store = PackageStore(layout.packages)
    used = (await uses_of(config, layout, database)).get(name, [])
    if content_hash:
        used = [use for use in used if use.content_hash.startswith(content_hash)]

    def look() -> Version:
        # What only a folder has so far comes into the store when somebody asks for it.
        if used and not used[0].chosen:
            folder = next(batch.sequence_package for batch in config.batches if batch.id == used[0].batch)
            return store.version(store.publish(layout.base / folder))
        if content_hash or used:
            return store.version(store.find(name, content_hash or used[0].content_hash))
        newest = _known_versions(store, name)[0]
        return store.version(store.find(name, newest.content_hash))

    return await asyncio.to_thread(look)


async def versions_of(layout: Layout, name: str) -> list[VersionEntry]:
    """List the versions of a package, newest first; a PackageNotFoundError passes through where there is none."""
    return await asyncio.to_thread(lambda: _known_versions(PackageStore(layout.packages), name))


async def diff_versions(layout: Layout, name: str, before: str, after: str) -> VersionDiff:
    """Tell what one version has otherwise than another; a PackageError passes through."""
    store = PackageStore(layout.packages)

    def compare() -> VersionDiff:
        one, other = (store.version(store.find(name, content_hash)) for content_hash in (before, after))
        return VersionDiff(
            before=one.ref,
            after=other.ref,
            files=list(file_diffs(one.root, other.root)),
            manifest=list(manifest_diffs(one.manifest, other.manifest)),
        )

    return await asyncio.to_thread(compare)


def title_of(manifest: Manifest) -> Words:
    """What people call a package, in each language: its manifest's `display_name`, or else its name."""
    return _words(manifest.display_name) or Words(ko=manifest.name, en=manifest.name)


def about_of(manifest: Manifest) -> Words | None:
    """What a package tests, in each language; None where its manifest says nothing."""
    return _words(manifest.description)


def _words(said: str | Words) -> Words | None:
    if isinstance(said, Words):
        return said
    return Words(ko=said[:LONGEST], en=said[:LONGEST]) if said else None


def _entry(config: StationConfig, layout: Layout, store: PackageStore, name: str, uses: Sequence[Use]) -> SequenceEntry:
    versions = _versions(store, name)
    known = {version.content_hash for version in versions}
    used = [use.content_hash for use in uses if use.content_hash in known]
    roots = [
        store.root / name / content_hash / name for content_hash in [*used, *(one.content_hash for one in versions)]
    ]
    roots += [
        layout.base / batch.sequence_package for batch in config.batches if batch.id in {use.batch for use in uses}
    ]
    manifest = next((found for root in roots if (found := manifest_in(root)[0]) is not None), None)
    title = title_of(manifest) if manifest else Words(ko=name, en=name)
    about = about_of(manifest) if manifest else None
    return SequenceEntry(
        name=name,
        display_name=title.en,
        description=about.en if about else "",
        title=title,
        about=about,
        versions=versions,
        used_by=list(uses),
    )


def _versions(store: PackageStore, name: str) -> list[VersionEntry]:
    return [
        VersionEntry(
            content_hash=about.description.ref.content_hash,
            version=about.description.ref.version,
            published_at=about.published_at,
            published_by=about.published_by,
        )
        for about in store.versions(name)
    ]


def _known_versions(store: PackageStore, name: str) -> list[VersionEntry]:
    """List the versions of a package.

    Raises:
        PackageNotFoundError: If there is none.
    """
    if not (found := _versions(store, name)):
        msg = f"there is no sequence package {name[:100]!r} in the package store"
        raise PackageNotFoundError(msg, package=name[:100])
    return found


def _folders(config: StationConfig, layout: Layout) -> dict[str, tuple[str, PackageRef | None]]:
    """Tell what is in the folders of station.yaml: the package's name, and its version where it can be used."""
    found: dict[str, tuple[str, PackageRef | None]] = {}
    for folder in {batch.sequence_package for batch in config.batches}:
        outline, _ = read_outline(layout.base / folder)
        if outline is None:
            found[folder] = (Path(folder).name, None)
        else:
            name, version = outline.manifest.name, outline.manifest.version
            found[folder] = (name, PackageRef(name=name, version=version, content_hash=outline.content_hash))
    return found
