"""Puts files on the disk so that they are there whole or not at all, also after a power cut."""

import errno
import os
from pathlib import Path


def sync_file(path: Path) -> None:
    """Force a file's content onto the disk."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def sync_folder(path: Path) -> None:
    """Force a folder's entries onto the disk, so that a rename survives a power cut.

    Windows has no such call and needs none; a file system that has none is left as it is. A disk that fails is told.

    Raises:
        OSError: If the disk fails.
    """
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(handle)
