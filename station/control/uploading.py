"""New versions of sequence packages that somebody sends: verified, and kept by their content."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel

from station.control.layout import Layout
from station.control.noting import note
from station.domain.errors import PackageError
from station.domain.plan import PackageRef
from station.execution.archive import LIMITS, ArchiveError, Limits, unpack
from station.execution.findings import Finding
from station.execution.lint import lint
from station.execution.manifest import MANIFEST, manifest_in
from station.execution.package import read_outline, refusal
from station.execution.store import DRAFT, PackageStore
from station.storage.database import Database

_UNNAMED = "package"


class Uploaded(BaseModel):
    """A version that somebody sent.

    Attributes:
        new: False where the same content was in the store before; then nothing was changed.
        warnings: What is odd but usable.
    """

    package: PackageRef
    new: bool
    warnings: list[Finding]


class _NoPackageError(PackageError):
    """An archive without a package."""

    def __init__(self, finding: Finding) -> None:
        msg = f"The archive is no sequence package: {finding.message}."
        super().__init__(msg, findings=[finding.model_dump(mode="json")])
        self.finding = finding


async def upload(
    layout: Layout, database: Database, archive: BinaryIO, *, by: str, limits: Limits = LIMITS
) -> Uploaded:
    """Verify a version somebody sent as a zip, and keep it; no run uses it before it is activated.

    A PackageError passes through where the archive is refused, or the package cannot be used.

    Args:
        layout: Where the station keeps its files.
        database: The open results database.
        archive: The zip: of the package's folder, or of what is in it.
        by: Who sends it.
        limits: How much it may hold.
    """
    return await _publish(layout, database, lambda: _unpacked(layout, archive, limits), by)


async def publish_folder(layout: Layout, database: Database, folder: Path, *, by: str) -> Uploaded:
    """Verify the package in a folder, and keep it; as `upload`."""
    return await _publish(layout, database, lambda: nullcontext(folder), by)


async def validate(layout: Layout, archive: BinaryIO, *, limits: Limits = LIMITS) -> list[Finding]:
    """Say everything there is to say about a package somebody sent as a zip; nothing is kept.

    An ArchiveError passes through where the archive is refused.
    """

    def look() -> list[Finding]:
        try:
            with _unpacked(layout, archive, limits) as folder:
                return lint(folder)
        except _NoPackageError as error:
            return [error.finding]

    return await asyncio.to_thread(look)


async def _publish(
    layout: Layout, database: Database, opened: Callable[[], AbstractContextManager[Path]], by: str
) -> Uploaded:
    store = PackageStore(layout.packages)

    def work() -> Uploaded:
        store.sweep()
        with opened() as folder:
            outline, findings = read_outline(folder)
            if outline is None:
                raise refusal(folder, findings)
            if len(outline.manifest.name.encode()) > LIMITS.name:
                msg = f"The package's name has more than {LIMITS.name} bytes; give it a shorter one."
                raise PackageError(msg)
            known = store.has(outline.manifest.name, outline.content_hash)
            ref = store.publish(folder, by)
        return Uploaded(package=ref, new=not known, warnings=store.version(ref).description.warnings)

    done = await asyncio.to_thread(work)
    if done.new:
        await note(database, by=by, action="upload", target=done.package.name, **done.package.model_dump())
    return done


@contextmanager
def _unpacked(layout: Layout, archive: BinaryIO, limits: Limits) -> Iterator[Path]:
    """Unpack an archive beside the store, for a moment; gives the package's folder."""
    layout.packages.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=DRAFT, dir=layout.packages) as name:
        target = Path(name) / "archive"
        unpack(archive, target, limits)
        yield _root_of(target)


def _root_of(target: Path) -> Path:
    """Find the package's folder in what was unpacked, and give it its name.

    Raises:
        ArchiveError: If there is something beside the one folder.
        PackageError: If there is no package in it.
    """  # noqa: DOC501,DOC502 - the second is `_NoPackageError`
    entries = sorted(target.iterdir())
    if (target / MANIFEST).is_file():
        manifest, _ = manifest_in(target)
        named = target.parent / "named"
        named.mkdir()
        fits = manifest is not None and len(manifest.name.encode()) <= LIMITS.name
        return target.rename(named / (manifest.name if manifest and fits else _UNNAMED))
    folders = [entry for entry in entries if entry.is_dir()]
    if len(folders) != 1 or not (folders[0] / MANIFEST).is_file():
        message = f"there is no {MANIFEST}, neither at the top of the archive nor in one folder that has everything"
        raise _NoPackageError(Finding(code="MISSING_FILE", file=MANIFEST, message=message))
    if len(entries) != 1:
        beside = next(entry.name for entry in entries if entry != folders[0])
        msg = (
            f"{beside!r} is beside the package's folder {folders[0].name!r}; an archive has one package, nothing else."
        )
        raise ArchiveError(msg, file=beside)
    return folders[0]
