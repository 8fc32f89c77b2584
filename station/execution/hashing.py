"""The identity of a package: one hash over everything in its folder that matters."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from station.domain.errors import PackageError

MAX_FILES = 5_000
MAX_BYTES = 256 * 1024 * 1024


def content_hash(path: Path) -> str:
    """Hash a package: names and contents of its files, sorted; without bytecode and hidden files.

    Raises:
        PackageError: If the folder has a symbolic link, or is far too large for a package.
    """  # noqa: DOC502 - raised by the helper
    digest = sha256()
    for file in package_files(path):
        name = file.relative_to(path).as_posix().encode()
        digest.update(f"{len(name)}:".encode() + name)
        digest.update(f"{file.stat().st_size}:".encode())
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def package_files(path: Path) -> list[Path]:
    """List the files that make up a package, sorted by their names with `/`.

    Raises:
        PackageError: If the folder has a symbolic link, or is far too large for a package.
    """
    files: list[Path] = []
    size = 0
    for file in _walk(path, path):
        files.append(file)
        size += file.stat().st_size
        if len(files) > MAX_FILES or size > MAX_BYTES:
            msg = (
                f"package {path.name} has more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB; "
                "keep large data outside of the package"
            )
            raise PackageError(msg)
    return sorted(files, key=lambda file: file.relative_to(path).as_posix())


def _walk(folder: Path, root: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name.startswith(".") or entry.name == "__pycache__" or entry.suffix == ".pyc":
            continue
        if entry.is_symlink():
            name = entry.relative_to(root).as_posix()
            msg = f"package {root.name}: {name} is a symbolic link; put the file itself into the package"
            raise PackageError(msg, file=name)
        if entry.is_dir():
            yield from _walk(entry, root)
        elif entry.is_file():
            yield entry
