"""Keeps the files of steps (waveforms, images) once by content; records refer to them by hash."""

import os
import re
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple

from station.storage.durable import sync_folder

_DIGEST = re.compile(r"^[0-9a-f]{64}$")


class StoredFile(NamedTuple):
    """What a stored file is referred to by."""

    sha256: str
    size: int


class FileStore:
    """Content-addressed files below one folder: `<root>/ab/cd/abcd...`.

    Putting the same content twice keeps it once. A file is there whole or not at all.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put_bytes(self, data: bytes) -> StoredFile:
        """Keep some bytes.

        Raises:
            OSError: If the disk is full or cannot be written.
        """  # noqa: DOC502
        digest = sha256(data).hexdigest()
        target = self.path_of(digest)
        if target.exists():
            return StoredFile(digest, len(data))
        draft = self._draft()
        try:
            with draft.open("wb") as stream:
                stream.write(data)
                _settle(stream)
            self._move(draft, target)
        finally:
            draft.unlink(missing_ok=True)
        return StoredFile(digest, len(data))

    def put_file(self, path: Path) -> StoredFile:
        """Keep a copy of a file.

        Raises:
            OSError: If the file cannot be read, or the disk cannot be written.
        """  # noqa: DOC502
        digest = sha256()
        size = 0
        draft = self._draft()
        try:
            # Copied and hashed in one pass, so a file that still grows is kept as what was hashed.
            with path.open("rb") as source, draft.open("wb") as stream:
                while chunk := source.read(1 << 20):
                    digest.update(chunk)
                    size += len(chunk)
                    stream.write(chunk)
                _settle(stream)
            target = self.path_of(digest.hexdigest())
            if not target.exists():
                self._move(draft, target)
        finally:
            draft.unlink(missing_ok=True)
        return StoredFile(digest.hexdigest(), size)

    def open(self, digest: str) -> BinaryIO:
        """Open a kept file for reading.

        Raises:
            FileNotFoundError: If nothing of that hash was kept.
        """  # noqa: DOC502
        return self.path_of(digest).open("rb")

    def path_of(self, digest: str) -> Path:
        """Say where a file of that hash is, or would be.

        Raises:
            FileNotFoundError: If it is not a SHA-256 at all; never a path outside of the store.
        """
        if not _DIGEST.match(digest):
            msg = f"{digest!r} is not a SHA-256 in hexadecimal"
            raise FileNotFoundError(msg)
        return self.root / digest[:2] / digest[2:4] / digest

    def _draft(self) -> Path:
        drafts = self.root / "tmp"
        drafts.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=drafts)
        os.close(handle)
        return Path(name)

    def _move(self, draft: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(target)
        for folder in (target.parent, target.parent.parent, self.root):
            sync_folder(folder)


def _settle(stream: BinaryIO) -> None:
    stream.flush()
    os.fsync(stream.fileno())
