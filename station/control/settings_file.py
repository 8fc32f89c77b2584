"""The file of a station's settings: written whole or not at all, by one at a time, with a backup of what it was."""

import fcntl
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel

from station.config.source import MAX_BYTES
from station.domain.errors import SettingsError
from station.storage.durable import sync_folder

KEPT = 100
"""Backups that are kept; older ones go."""
_BACKUP = re.compile(r"([0-9]{8}T[0-9]{12}Z)-([0-9a-f]{8})")
_STAMP = "%Y%m%dT%H%M%S%fZ"


class SettingsBackup(BaseModel):
    """What station.yaml was, before it was saved.

    Attributes:
        saved_at: When it was put aside.
        hash: Its first eight digits.
    """

    id: str
    saved_at: datetime
    hash: str
    size: int


@dataclass(frozen=True)
class SettingsFile:
    """station.yaml, and its backups.

    Attributes:
        file: Its path.
        folder: Of its backups.
    """

    file: Path
    folder: Path

    def backups(self) -> list[SettingsBackup]:
        """List what was put aside, newest first."""
        found = []
        for file in self.folder.glob("*.yaml") if self.folder.is_dir() else ():
            named = _BACKUP.fullmatch(file.stem)
            if named is not None:
                at = datetime.strptime(named[1], _STAMP).replace(tzinfo=UTC)
                found.append(SettingsBackup(id=file.stem, saved_at=at, hash=named[2], size=file.stat().st_size))
        return sorted(found, key=lambda backup: backup.id, reverse=True)

    def content(self) -> bytes:
        """Read the file.

        Raises:
            SettingsError: If it cannot be read.
        """
        try:
            with self.file.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except OSError as error:
            msg = f"{self.file} cannot be read: {error.strerror}."
            raise SettingsError("SETTINGS_NOT_READ", msg, file=str(self.file)) from error
        return content

    def known_content(self, known: str) -> bytes:
        """Read the file, if it is still the one that somebody knows.

        Raises:
            SettingsError: If it is another one.
        """
        content = self.content()
        if hash_of(content) != known:
            msg = f"{self.file} was changed by somebody else meanwhile. Read it again, and make your changes there."
            raise SettingsError("SETTINGS_CHANGED", msg, file=str(self.file), hash=hash_of(content))
        return content

    def backup_content(self, backup: str) -> bytes:
        """Read a backup.

        Raises:
            SettingsError: If there is none of that id.
        """
        try:
            if _BACKUP.fullmatch(backup):
                return self._backup(backup).read_bytes()
        except FileNotFoundError:
            pass
        except OSError as error:
            msg = f"The backup {backup} cannot be read: {error.strerror}."
            raise SettingsError("SETTINGS_NOT_READ", msg, backup=backup) from error
        msg = f"There is no backup {backup[:60]!r} of {self.file}."
        raise SettingsError("BACKUP_NOT_FOUND", msg, backup=backup[:60])

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep everybody else from writing the file.

        Raises:
            SettingsError: If somebody writes it just now.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (self.folder / ".lock").open("a")
        except OSError as error:
            raise self._not_written(error) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                msg = f"Somebody else writes {self.file} just now. Read it again."
                raise SettingsError("SETTINGS_CHANGED", msg, file=str(self.file)) from None
            yield

    @contextmanager
    def replaced(self, before: bytes, after: bytes) -> Iterator[str]:
        """Put the content aside and write another one; the block, which is given the backup's id, says who did it.

        The file becomes the other one at the end of the block, and stays as it is where the block raises: a change
        that nobody did would be worse than one that is noted and failed. A SettingsError passes through where it
        cannot be written.
        """
        id = f"{datetime.now(UTC):{_STAMP}}-{hash_of(before)[:8]}"
        part = self._target.with_name(f".{self._target.name}.{os.getpid()}.part")
        aside = self.folder / f"{id}.part"
        try:
            _write_synced(aside, before, 0o600)
            aside.replace(self._backup(id))
            sync_folder(self.folder)
            _write_synced(part, after, stat.S_IMODE(self._target.stat().st_mode))
            yield id
            part.replace(self._target)
            sync_folder(self._target.parent)
            for backup in self.backups()[KEPT:]:
                self._backup(backup.id).unlink(missing_ok=True)
        except OSError as error:
            raise self._not_written(error) from error
        finally:
            part.unlink(missing_ok=True)

    @property
    def modified_at(self) -> datetime:
        """When it was last written; an OSError passes through."""
        return datetime.fromtimestamp(self.file.stat().st_mtime, UTC)

    @property
    def writable(self) -> bool:
        """Whether the station may write it."""
        return os.access(self._target, os.W_OK) and os.access(self._target.parent, os.W_OK)

    def _not_written(self, error: OSError) -> SettingsError:
        msg = f"{self.file} cannot be written ({error.strerror}); it is as it was. May the station write its folder?"
        return SettingsError("SETTINGS_NOT_WRITTEN", msg, file=str(self.file))

    @property
    def _target(self) -> Path:
        """The file itself, where `file` is a link to it."""
        return self.file.resolve()

    def _backup(self, id: str) -> Path:
        return self.folder / f"{id}.yaml"


def hash_of(content: bytes) -> str:
    """Give the hash by which people know a file."""
    return hashlib.sha256(content).hexdigest()


def _write_synced(file: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as out:
        os.fchmod(out.fileno(), mode)
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
