"""Keeps every version of every package that a run may need, by content, never changed again."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ValidationError

from station.domain.errors import PackageError, PackageNotFoundError
from station.domain.plan import PackageRef
from station.execution.description import FORMAT, Description, Version, read_manifest
from station.execution.findings import errors_among
from station.execution.hashing import content_hash, package_files
from station.execution.package import Package, load_package, read_outline, refusal
from station.execution.verification import examine_package
from station.storage.durable import sync_file, sync_folder

ABOUT = "about.json"
"""Beside a version's folder: what it is, and who brought it."""
DRAFT = ".publish-"
"""Begins the names of folders in the store that are no versions yet."""
SHORTEST = 8
"""Digits of a hash that are enough to name it."""
ABANDONED = timedelta(hours=1)
"""Age from which such a folder was left behind by a process that is gone."""


class About(BaseModel):
    """What the store keeps beside a version."""

    description: Description
    published_at: datetime
    published_by: str = ""


class PackageStore:
    """Versions of packages at `<root>/<name>/<hash>/<name>/`, each with what it is beside it.

    Blocking: call it from a thread where a loop must go on.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._loaded: dict[str, Package] = {}

    def publish(self, path: Path, by: str = "") -> PackageRef:
        """Verify a package and keep a copy of it; publishing the same content again changes nothing.

        Args:
            path: The package's folder.
            by: Who brings it.

        Raises:
            PackageError: If the package cannot be used; the message lists every finding.
        """  # noqa: DOC501,DOC502 - made by `refusal`
        path = path.resolve()
        ref = _reference(path)
        target = self._place(ref)
        if target.is_dir() and content_hash(target) == ref.content_hash:
            return ref
        examined = examine_package(path)
        if examined.description is None or errors_among(examined.findings):
            raise refusal(path, examined.findings)
        about = About(description=examined.description, published_at=datetime.now(UTC), published_by=by)
        self._copy(path, ref, target, about)
        return ref

    def load(self, ref: PackageRef) -> Package:
        """Load a version that was published; the same object for the same hash.

        Raises:
            PackageError: If it was never published here, or somebody changed it since.
        """  # noqa: DOC502 - raised by the helper
        known = self._loaded.get(ref.content_hash)
        if known is not None:
            return known
        package = load_package(self._checked(ref))
        self._loaded[ref.content_hash] = package
        return package

    def version(self, ref: PackageRef) -> Version:
        """Tell what a version is; none of its code runs in this process.

        Raises:
            PackageError: If it was never published here, or somebody changed it since.
        """  # noqa: DOC502 - raised by the helpers
        place = self._checked(ref)
        about = self._about(place)
        return Version(
            description=about.description,
            manifest=read_manifest(place),
            root=place,
            published_at=about.published_at,
            published_by=about.published_by,
        )

    def file(self, ref: PackageRef, name: str) -> Path | None:
        """Find a file of a version; None where there is no such file, or no such version."""
        place = self._place(ref).resolve()
        path = (place / name).resolve()
        return path if path.is_relative_to(place) and path.is_file() else None

    def names(self) -> list[str]:
        """List the names of the packages there are versions of."""
        return sorted(entry.name for entry in _folders(self.root))

    def find(self, name: str, content_hash: str) -> PackageRef:
        """Find a version by its hash, or by a beginning of it that no other one has.

        Raises:
            PackageNotFoundError: If there is no such version, or more than one may be meant.
        """
        known = [entry.name for entry in _folders(self.root / name)] if name.isidentifier() else []
        found = [one for one in known if one.startswith(content_hash)] if len(content_hash) >= SHORTEST else []
        if len(found) != 1:
            why = "more than one version" if found else "no version"
            msg = f"there is {why} {content_hash[:64]!r} of {name[:100]!r} in the package store"
            raise PackageNotFoundError(msg, package=name[:100], content_hash=content_hash[:64])
        manifest = read_manifest(self.root / name / found[0] / name)
        return PackageRef(name=name, version=manifest.version, content_hash=found[0])

    def versions(self, name: str) -> list[About]:
        """Tell about every version of a package, newest first; those that are damaged are left out."""
        found = []
        for entry in _folders(self.root / name) if name.isidentifier() else ():
            with suppress(PackageError):
                found.append(self._about(entry / name))
        return sorted(found, key=lambda about: about.published_at, reverse=True)

    def has(self, name: str, content_hash: str) -> bool:
        """Whether a version is there."""
        return (self.root / name / content_hash / name).is_dir()

    def sweep(self) -> None:
        """Remove what processes that are gone have left half done."""
        if not self.root.is_dir():
            return
        for entry in self.root.iterdir():
            with suppress(OSError):
                if entry.name.startswith(DRAFT) and time.time() - entry.stat().st_mtime > ABANDONED.total_seconds():
                    shutil.rmtree(entry)

    def _about(self, place: Path) -> About:
        """Read what is kept beside a version, or find it out anew; it is not part of what the hash is of.

        Raises:
            PackageError: If it cannot be used any more.
        """  # noqa: DOC501,DOC502 - made by `refusal`
        file = place.parent / ABOUT
        with suppress(OSError, ValidationError):
            about = About.model_validate_json(file.read_bytes())
            if about.description.format == FORMAT and about.description.ref.content_hash == place.parent.name:
                return about
        examined = examine_package(place)
        if examined.description is None:
            raise refusal(place, examined.findings)
        at = datetime.fromtimestamp(place.parent.stat().st_mtime, UTC)
        about = About(description=examined.description, published_at=at)
        draft = place.parent / f".{ABOUT}.{os.getpid()}"
        _write(draft, about)
        draft.replace(file)
        return about

    def _checked(self, ref: PackageRef) -> Path:
        """Give the folder of a version that was published, and not changed since.

        Raises:
            PackageError: If there is no such one.
        """
        place = self._place(ref)
        if not place.is_dir():
            msg = f"version {_short(ref)} is not in the package store {self.root}; publish it again"
            raise PackageError(msg, package=ref.model_dump())
        found = content_hash(place)
        if found != ref.content_hash:
            msg = (
                f"version {_short(ref)} in the package store was changed after it was published "
                f"(its content hash is {found[:12]} now); restore the file, or remove {place.parent} and publish again"
            )
            raise PackageError(msg, package=ref.model_dump(), found=found)
        return place

    def _place(self, ref: PackageRef) -> Path:
        return self.root / ref.name / ref.content_hash / ref.name

    def _copy(self, path: Path, ref: PackageRef, target: Path, about: About) -> None:
        """Copy into a temporary folder, put it on the disk, and rename it into place in one step.

        Raises:
            PackageError: If the package changed meanwhile.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=DRAFT, dir=self.root) as folder:
            draft = Path(folder) / "version"
            for file in package_files(path):
                copy = draft / ref.name / file.relative_to(path)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
                sync_file(copy)
            if content_hash(draft / ref.name) != ref.content_hash:
                msg = f"package {ref.name} changed while it was published; publish it again"
                raise PackageError(msg)
            _write(draft / ABOUT, about)
            for inner in (draft, *(entry for entry in draft.rglob("*") if entry.is_dir())):
                sync_folder(inner)
            self._put_in_place(draft, target, ref)

    def _put_in_place(self, draft: Path, target: Path, ref: PackageRef) -> None:
        target.parent.parent.mkdir(parents=True, exist_ok=True)
        if target.parent.exists() and not (target.is_dir() and content_hash(target) == ref.content_hash):
            shutil.rmtree(target.parent)  # damaged: a run pinned to this hash could not have loaded it
        try:
            draft.rename(target.parent)
        except OSError:
            if not (target.is_dir() and content_hash(target) == ref.content_hash):
                raise
        sync_folder(target.parent.parent)
        sync_folder(self.root)


def _folders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def _write(file: Path, about: About) -> None:
    file.write_text(about.model_dump_json(indent=1), encoding="utf-8")
    sync_file(file)


def _reference(path: Path) -> PackageRef:
    outline, findings = read_outline(path)
    if outline is None:
        raise refusal(path, findings)
    manifest = outline.manifest
    return PackageRef(name=manifest.name, version=manifest.version, content_hash=outline.content_hash)


def _short(ref: PackageRef) -> str:
    return f"{ref.name} {ref.version} ({ref.content_hash[:12]})"
