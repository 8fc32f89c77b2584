"""Unpacks a zip that a stranger sent: everything is checked before the first file is written."""

import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NoReturn

from station.domain.errors import PackageError

_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\x05\x06"
_LONGEST_COMMENT = 1024
_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_SIGNATURE = b"PK\x03\x04"
_DESCRIPTORS = frozenset({12, 16, 20, 24})
"""Sizes of what may follow the data of an entry whose sizes were not known when it was begun."""
_ENTRY_AT_MOST = 2048
"""Bytes an entry of the directory may take on average."""

_ENCRYPTED = 0x1 | 0x40 | 0x2000
_DESCRIBED_LATER = 0x8
_UTF8 = 0x800
_METHODS = {zipfile.ZIP_STORED: "stored", zipfile.ZIP_DEFLATED: "deflated"}
_NO_FILE = 0x08 | 0x40 | 0x400
"""Volume label, device, reparse point: attributes of Windows."""
_LINK_FIELDS = frozenset({0x000D, 0x756E})
"""Extra fields in which old programs of Unix keep the target of a link."""
_NAME_FIELD = 0x7075
"""An extra field with a second name, which some programs believe and others do not."""
_PLAIN_UNIX = 12

_RESERVED = re.compile(r"(con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)
_FORBIDDEN = frozenset('<>:"|?*\\')
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ARCHIVES = frozenset(
    {".zip", ".zipx", ".whl", ".egg", ".jar", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".lzma", ".7z", ".rar"}
    | {".cab", ".iso", ".ar", ".cpio", ".br", ".lz4"}
)
_BYTECODE = "__pycache__"
_OF_A_MAC = "__MACOSX"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Limits:
    """How much an archive may hold.

    Attributes:
        size: Bytes of the archive itself.
        entries: Files and folders in it.
        unpacked: Bytes of all its files together.
        ratio: How many times larger it may become, as a whole and each of its larger files.
        depth: Names in a path.
        name: Characters of a name.
        path: Characters of a path.
    """

    size: int = 50 << 20
    entries: int = 2000
    unpacked: int = 200 << 20
    ratio: int = 200
    depth: int = 10
    name: int = 100
    path: int = 240


LIMITS = Limits()
_SMALL = 1 << 20
"""A file up to this size may be packed as tightly as it likes."""


class ArchiveError(PackageError):
    """An archive that is not unpacked; nothing was written."""

    code = "ARCHIVE_REFUSED"


class ArchiveTooLargeError(ArchiveError):
    """An archive that holds more than it may; nothing was written."""

    code = "ARCHIVE_TOO_LARGE"


def unpack(archive: BinaryIO, target: Path, limits: Limits = LIMITS) -> None:
    """Unpack a zip into a new folder.

    Hidden files, bytecode and what a Mac adds are left out: they are no part of a package. Blocking.

    Args:
        archive: Open for reading, and seekable.
        target: The folder; made here, and not to be reached by anybody else before this returns.
        limits: How much it may hold.

    Raises:
        ArchiveError: If the archive is not one, is damaged, or holds what it may not; `target` may be half full then.
        ArchiveTooLargeError: If it holds too much.
    """  # noqa: DOC502 - raised by the helpers
    count = _check_end(archive, limits)
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
            if len(entries) != count:
                _refuse(f"The archive says that it has {count} entries, and lists {len(entries)}.")
            _check_entries(entries, limits)
            _check_places(archive, entries, opened.start_dir)
            target.mkdir(parents=True)
            for entry in entries:
                if not _is_left_out(entry):
                    _write(opened, entry, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError, struct.error) as error:
        msg = f"The archive is damaged: {error}."
        raise ArchiveError(msg) from error
    except (NotImplementedError, RuntimeError) as error:
        msg = f"The archive needs something no package needs: {error}."
        raise ArchiveError(msg) from error


def _check_end(archive: BinaryIO, limits: Limits) -> int:
    """Read the end of the archive, which says how much there is, before anything else is read.

    Returns:
        How many entries it says there are.

    Raises:
        ArchiveTooLargeError: If there is too much.
    """
    size = archive.seek(0, os.SEEK_END)
    if size > limits.size:
        msg = f"The archive has {size} bytes; it may have {limits.size}."
        raise ArchiveTooLargeError(msg, size=size, limit=limits.size)
    archive.seek(max(0, size - _END.size - _LONGEST_COMMENT))
    tail = archive.read()
    at = tail.rfind(_END_SIGNATURE)
    if at < 0 or len(tail) - at < _END.size:
        _refuse("This is no zip archive.")
    if tail.find(_END_SIGNATURE) != at:
        _refuse("The archive has two ends; programs differ in which one they believe.")
    _, disk, first_disk, here, entries, directory, start, comment = _END.unpack(tail[at : at + _END.size])
    end = size - len(tail) + at
    if end + _END.size + comment != size:
        _refuse("Something follows the end of the archive.")
    if disk or first_disk or here != entries:
        _refuse("The archive is a part of several; send it as one.")
    if entries > limits.entries:
        msg = f"The archive has {entries} entries; it may have {limits.entries}."
        raise ArchiveTooLargeError(msg, entries=entries, limit=limits.entries)
    if directory > limits.entries * _ENTRY_AT_MOST:
        msg = f"The archive's list of entries has {directory} bytes; nobody needs so many."
        raise ArchiveTooLargeError(msg, size=directory)
    if start + directory != end:
        _refuse("Something is before, or between, the parts of the archive.")
    if not entries:
        _refuse("The archive is empty.")
    return int(entries)


def _check_entries(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Check everything that the list of entries says.

    Raises:
        ArchiveTooLargeError: If there is too much.
    """
    for entry in entries:
        _check_name(entry, limits)
        _check_kind(entry)
    _check_twins(entries)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.unpacked:
        msg = f"The archive unpacks to {unpacked} bytes; it may have {limits.unpacked}."
        raise ArchiveTooLargeError(msg, size=unpacked, limit=limits.unpacked)
    packed = sum(entry.compress_size for entry in entries)
    for name, large, small in [
        ("The archive", unpacked, packed),
        *((_shown(entry), entry.file_size, entry.compress_size) for entry in entries),
    ]:
        if large > _SMALL and large > limits.ratio * max(small, 1):
            msg = f"{name} becomes more than {limits.ratio} times larger when it is unpacked."
            raise ArchiveTooLargeError(msg, limit=limits.ratio)


def _check_name(entry: zipfile.ZipInfo, limits: Limits) -> None:
    name, shown = entry.orig_filename, _shown(entry)
    if not entry.flag_bits & _UTF8 and not name.isascii():
        _refuse(f"The name {shown} is not UTF-8; give its file a name of ASCII, or pack it with another program.")
    if any(unicodedata.category(character) in _INVISIBLE for character in name):
        _refuse(f"The name {shown} has characters that cannot be seen.")
    if _FORBIDDEN & set(name):
        _refuse(f"The name {shown} has one of {' '.join(sorted(_FORBIDDEN))}, which not every system can write.")
    if name.startswith("/"):
        _refuse(f"The path {shown} is absolute; it must be one within the package.")
    parts = name.removesuffix("/").split("/")
    if any(part in {"", ".", ".."} for part in parts):
        _refuse(f"The path {shown} leads out of its folder, or has an empty name in it.")
    if len(parts) > limits.depth:
        _refuse(f"The path {shown} has {len(parts)} names; it may have {limits.depth}.")
    if len(name) > limits.path or any(len(part.encode()) > limits.name for part in parts):
        _refuse(f"The path {shown} is too long: {limits.name} bytes for a name, {limits.path} for a path.")
    for part in parts:
        if part[-1] in " ." or part[0] == " ":
            _refuse(f"In {shown} a name begins or ends with a space, or ends with a dot; Windows would cut it off.")
        if _RESERVED.fullmatch(part.partition(".")[0].strip()):
            _refuse(f"In {shown} the name {part} is a device of Windows.")
    if PurePosixPath(name).suffix.lower() in _ARCHIVES:
        _refuse(f"{shown} is an archive in the archive; a package holds files only.")


def _check_kind(entry: zipfile.ZipInfo) -> None:
    shown = _shown(entry)
    if entry.flag_bits & _ENCRYPTED:
        _refuse(f"{shown} is encrypted.")
    if entry.compress_type not in _METHODS:
        _refuse(f"{shown} is packed in a way (method {entry.compress_type}) other than stored or deflated.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFDIR if entry.is_dir() else stat.S_IFREG} or entry.external_attr & _NO_FILE:
        _refuse(f"{shown} is a link, a device or something else that is neither a file nor a folder.")
    if entry.is_dir() and (entry.file_size or entry.compress_size):
        _refuse(f"{shown} is a folder that has a content.")
    for number, size in _extra_fields(entry.extra):
        if number in _LINK_FIELDS and size > _PLAIN_UNIX:
            _refuse(f"{shown} is a link, a device or something else that is neither a file nor a folder.")
        if number == _NAME_FIELD:
            _refuse(f"{shown} has a second name; programs differ in which one they believe.")


def _extra_fields(extra: bytes) -> Iterator[tuple[int, int]]:
    """Give number and size of each extra field of an entry."""
    while len(extra) >= 4:  # noqa: PLR2004,RUF100 - the head of a field
        number, size = struct.unpack("<HH", extra[:4])
        if size > len(extra) - 4:
            _refuse("An extra field of the archive is longer than its entry.")
        yield number, size
        extra = extra[4 + size :]


def _check_twins(entries: Iterable[zipfile.ZipInfo]) -> None:
    """Refuse names that are one and the same on another system, and files that are folders too."""
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for entry in entries:
        name = entry.orig_filename.removesuffix("/")
        kinds, others = (folders, files) if entry.is_dir() else (files, folders)
        key = _key(name)
        if key in files or key in others or (key in kinds and kinds[key] != name):
            _refuse(
                f"{_shown(entry)} is in the archive twice, or its name differs from another's in nothing but looks."
            )
        kinds[key] = name
        for parent in list(PurePosixPath(name).parents)[:-1]:
            above = parent.as_posix()
            if _key(above) in files or folders.setdefault(_key(above), above) != above:
                _refuse(f"{above!r} is in the archive twice, or its name differs from another's in nothing but looks.")


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _check_places(archive: BinaryIO, entries: Iterable[zipfile.ZipInfo], end: int) -> None:
    """Make sure that the entries lie one behind the other, as their list says, and that nothing else is there."""
    expected = 0
    ordered = sorted(entries, key=lambda one: one.header_offset)
    starts = [*(entry.header_offset for entry in ordered[1:]), end]
    for entry, following in zip(ordered, starts, strict=True):
        if entry.header_offset != expected:
            _refuse(f"Something is before {_shown(entry)} that the archive does not list, or entries overlap.")
        archive.seek(entry.header_offset)
        head = archive.read(_LOCAL.size)
        if len(head) < _LOCAL.size or not head.startswith(_LOCAL_SIGNATURE):
            _refuse(f"{_shown(entry)} is not where the archive says.")
        _, _, flags, method, _, _, crc, packed, size, name, extra = _LOCAL.unpack(head)
        found = archive.read(name)
        later = bool(flags & _DESCRIBED_LATER)
        if (
            flags != entry.flag_bits
            or method != entry.compress_type
            or found != entry.orig_filename.encode("utf-8" if flags & _UTF8 else "cp437")
            or (not later and crc != entry.CRC)
            or (not later and not {packed, size} & {0xFFFFFFFF} and (packed, size) != _sizes(entry))
        ):
            _refuse(f"The archive says different things about {_shown(entry)} in two places.")
        rest = following - (entry.header_offset + _LOCAL.size + name + extra + entry.compress_size)
        if rest < 0 or (rest and not (later and rest in _DESCRIPTORS)):
            _refuse(f"Something is behind {_shown(entry)} that the archive does not list, or entries overlap.")
        expected = following


def _sizes(entry: zipfile.ZipInfo) -> tuple[int, int]:
    return entry.compress_size, entry.file_size


def _is_left_out(entry: zipfile.ZipInfo) -> bool:
    parts = entry.orig_filename.removesuffix("/").split("/")
    return any(part.startswith(".") or part in {_BYTECODE, _OF_A_MAC} for part in parts) or parts[-1].endswith(".pyc")


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Write one entry; BadZipFile where its content is not what the archive says of it."""
    place = target.joinpath(*entry.orig_filename.removesuffix("/").split("/"))
    if entry.is_dir():
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    left = entry.file_size
    with opened.open(entry) as packed, place.open("xb") as file:
        while chunk := packed.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                break
            file.write(chunk)
    if left:
        _refuse(f"{_shown(entry)} does not have the size the archive says.")


def _shown(entry: zipfile.ZipInfo) -> str:
    return ascii(entry.orig_filename[:200])


def _refuse(message: str) -> NoReturn:
    """Refuse an archive.

    Raises:
        ArchiveError: Always.
    """
    raise ArchiveError(message)
