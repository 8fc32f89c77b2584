"""Keeps every version of every package that a run may need, by content, never changed again."""

import shutil
import tempfile
from pathlib import Path

from station.domain.errors import PackageError
from station.domain.plan import PackageRef
from station.execution.durable import sync_file, sync_folder
from station.execution.findings import errors_among
from station.execution.hashing import content_hash, package_files
from station.execution.package import Package, load_package, read_outline, refusal
from station.execution.verification import verify_package


class PackageStore:
    """Versions of packages at `<root>/<name>/<hash>/<name>/`.

    Blocking: call it from a thread where a loop must go on.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._loaded: dict[str, Package] = {}

    def publish(self, path: Path) -> PackageRef:
        """Verify a package and keep a copy of it; publishing the same content again changes nothing.

        Raises:
            PackageError: If the package cannot be used; the message lists every finding.
        """  # noqa: DOC501,DOC502 - made by `refusal`
        path = path.resolve()
        ref = _reference(path)
        target = self._place(ref)
        if target.is_dir() and content_hash(target) == ref.content_hash:
            return ref
        findings = verify_package(path)
        if errors_among(findings):
            raise refusal(path, findings)
        self._copy(path, ref, target)
        return ref

    def load(self, ref: PackageRef) -> Package:
        """Load a version that was published; the same object for the same hash.

        Raises:
            PackageError: If it was never published here, or somebody changed it since.
        """
        known = self._loaded.get(ref.content_hash)
        if known is not None:
            return known
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
        package = load_package(place)
        self._loaded[ref.content_hash] = package
        return package

    def _place(self, ref: PackageRef) -> Path:
        return self.root / ref.name / ref.content_hash / ref.name

    def _copy(self, path: Path, ref: PackageRef, target: Path) -> None:
        """Copy into a temporary folder, put it on the disk, and rename it into place in one step.

        Raises:
            PackageError: If the package changed meanwhile.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".publish-", dir=self.root) as folder:
            draft = Path(folder) / "version"
            for file in package_files(path):
                copy = draft / ref.name / file.relative_to(path)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
                sync_file(copy)
            if content_hash(draft / ref.name) != ref.content_hash:
                msg = f"package {ref.name} changed while it was published; publish it again"
                raise PackageError(msg)
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


def _reference(path: Path) -> PackageRef:
    outline, findings = read_outline(path)
    if outline is None:
        raise refusal(path, findings)
    manifest = outline.manifest
    return PackageRef(name=manifest.name, version=manifest.version, content_hash=outline.content_hash)


def _short(ref: PackageRef) -> str:
    return f"{ref.name} {ref.version} ({ref.content_hash[:12]})"
