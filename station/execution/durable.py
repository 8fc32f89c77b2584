"""Puts files on the disk so that they are there whole or not at all, also after a power cut."""

import os
from contextlib import suppress
from pathlib import Path


def sync_file(path: Path) -> None:
    """Force a file's content onto the disk."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def sync_folder(path: Path) -> None:
    """Force a folder's entries onto the disk, where the system can."""
    with suppress(OSError):  # Windows cannot open a folder
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
