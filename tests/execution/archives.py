"""Zip archives that nobody should unpack, each with one thing wrong, and a few that are as they should be."""

import io
import stat
import struct
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from station.execution.hashing import package_files

MANIFEST = "name: demo\nversion: 1.2.3\nentry_point: {module: sequence, class: Demo}\n"
SEQUENCE = """
from station.sdk import *


@sequence("demo")
class Demo:
    @step(1)
    async def one(self): ...
"""
GOOD = {"demo/manifest.yaml": MANIFEST, "demo/sequence.py": SEQUENCE}
DEFLATED = zipfile.ZIP_DEFLATED

TRAVERSALS = [
    "../evil.py",
    "demo/../../evil.py",
    "demo/drivers/../../../evil.py",
    "..",
    "demo/..",
    "./evil.py",
    "demo/./evil.py",
    "demo//evil.py",
    "/etc/evil.py",
    "//etc/evil.py",
    "/",
    "C:/evil.py",
    "C:evil.py",
    "c:\\evil.py",
    "..\\evil.py",
    "demo\\..\\..\\evil.py",
    "\\\\server\\share\\evil.py",
    "demo/a\\b.py",
    "file:///etc/evil.py",
    "demo/evil.py:stream",
    "~/\x00evil.py",
]
NAMES = [
    "demo/evil\x00.py",
    "demo/evil\n.py",
    "demo/evil\x1b[2J.py",
    "demo/evil\x7f.py",
    "demo/\u202egnp.exe.py",
    "demo/evil\u200b.py",
    "demo/evil\u00ad.py",
    "demo/evil\ufeff.py",
    "demo/evil\ue000.py",
    "demo/evil\u2028.py",
    "demo/CON",
    "demo/con.py",
    "demo/nul.tar.py",
    "demo/Aux/x.py",
    "demo/COM1.txt",
    "demo/lpt9.py",
    "demo/COM¹.py",
    "demo/conout$",
    "demo/evil.py.",
    "demo/evil.py ",
    "demo/ evil.py",
    "demo/.../x.py",
    "demo/a?b.py",
    "demo/a*b.py",
    'demo/a"b.py',
    "demo/a<b.py",
    "demo/a|b.py",
    "demo/" + "x" * 101 + ".py",
    "demo/" + "é" * 60 + ".py",
    "demo/" + "/".join("abcdefghij" for _ in range(9)) + "/" + "x" * 99 + "/" + "y" * 99 + ".py",
    "demo/" + "d/" * 10 + "x.py",
    "demo/" + "d/" * 20_000 + "x.py",
]
TWINS = [
    ("demo/a.py", "demo/a.py"),
    ("demo/a.py", "demo/A.py"),
    ("demo/\u00e9.py", "demo/e\u0301.py"),
    ("demo/\ufb01.py", "demo/fi.py"),
    ("demo/stra\u00dfe.py", "demo/STRASSE.py"),
    ("demo/\u212a.py", "demo/k.py"),
    ("demo/\u2160.py", "demo/i.py"),
    ("demo/a", "demo/a/b.py"),
    ("demo/a/b.py", "demo/A/c.py"),
    ("demo/a", "demo/a/"),
]
MODES = {
    "symlink": stat.S_IFLNK,
    "device": stat.S_IFCHR,
    "block-device": stat.S_IFBLK,
    "pipe": stat.S_IFIFO,
    "socket": stat.S_IFSOCK,
    "folder-as-file": stat.S_IFDIR,
}
INNER = ["demo/42.zip", "demo/x.tar.gz", "demo/X.ZIP", "demo/x.whl", "demo/x.7z", "demo/x.bz2", "lib/x.tar"]


def packed(files: Mapping[str, str | bytes] = GOOD, method: int = DEFLATED) -> bytes:
    """A zip of these files."""
    return zipped([(name, content, {}) for name, content in files.items()], method)


def packed_folder(folder: Path) -> bytes:
    """A zip of a package's folder, as somebody would make it on a desk."""
    return packed({f"{folder.name}/{file.relative_to(folder).as_posix()}": file.read_bytes()
                   for file in package_files(folder)})  # fmt: skip


def zipped(entries: list[tuple[str, str | bytes, dict[str, Any]]], method: int = DEFLATED) -> bytes:
    """A zip of names, contents and attributes of their entries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as opened:
        for name, content, attributes in entries:
            info = zipfile.ZipInfo("placeholder")
            info.filename = name
            info.compress_type = method
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            for key, value in attributes.items():
                setattr(info, key, value)
            if name.endswith("/"):
                info.compress_type = zipfile.ZIP_STORED
                info.external_attr = (stat.S_IFDIR | 0o755) << 16
            opened.NameToInfo.clear()  # a second entry of the same name is what some of these are about
            opened.writestr(info, content)
    return buffer.getvalue()


def with_good(*entries: tuple[str, str | bytes, dict[str, Any]]) -> bytes:
    """A usable package with something added."""
    return zipped([*((name, content, {}) for name, content in GOOD.items()), *entries])


@cache
def hostile() -> dict[str, bytes]:
    """Every archive that is refused, by what is wrong with it."""
    return dict(_hostile())


def _hostile() -> Iterator[tuple[str, bytes]]:
    for number, name in enumerate(TRAVERSALS):
        yield f"path-{number}", with_good((name, "x", {}))
    for number, name in enumerate(NAMES):
        yield f"name-{number}", with_good((name, "x", {}))
    for number, (one, other) in enumerate(TWINS):
        yield f"twin-{number}", with_good((one, "1", {}), (other, "" if other.endswith("/") else "2", {}))
    for name, mode in MODES.items():
        yield name, with_good(("demo/evil", "/etc/passwd", {"external_attr": (mode | 0o777) << 16}))
    for name in INNER:
        yield f"inner-{name}", with_good((name, b"PK\x03\x04", {}))
    yield "reparse-point", with_good(("demo/evil", "x", {"external_attr": 0x400, "create_system": 0}))
    link = struct.pack("<HH", 0x000D, 12 + 11) + b"\0" * 12 + b"/etc/passwd"
    yield "hard-link", with_good(("demo/evil", "", {"extra": link}))
    link = struct.pack("<HH", 0x756E, 14 + 11) + b"\0" * 14 + b"/etc/passwd"
    yield "asi-link", with_good(("demo/evil", "", {"extra": link}))
    second = struct.pack("<HHBL", 0x7075, 5 + 7, 1, 0) + b"evil.py"
    yield "second-name", with_good(("demo/good.py", "x", {"extra": second}))
    yield "folder-with-content", _patched(with_good(("demo/ff", "content", {})), b"demo/ff", b"demo/f")
    yield from _bombs()
    yield from _structures()


def _bombs() -> Iterator[tuple[str, bytes]]:
    yield "many-entries", packed({f"demo/f{number}.py": "" for number in range(2001)})
    yield "100k-entries", packed({f"d/{number}": "" for number in range(65_000)}, zipfile.ZIP_STORED)
    yield "ratio", with_good(("demo/zeros.bin", b"\0" * (8 << 20), {}))
    small = [(f"demo/z{number}.bin", b"\0" * (1 << 20), {}) for number in range(205)]
    yield "many-small-zeros", with_good(*small)
    said = bytearray(with_good(("demo/claims", "x", {})))
    for at in (_central(said, b"demo/claims") + 24, _local(said, b"demo/claims") + 22):
        struct.pack_into("<L", said, at, 0xF0000000)
    yield "claims-4-GB", bytes(said)
    lies = bytearray(with_good(("demo/lies", b"\0" * (30 << 20), {})))
    for at in (_central(lies, b"demo/lies") + 24, _local(lies, b"demo/lies") + 22):
        struct.pack_into("<L", lies, at, 10)
    yield "claims-to-be-small", bytes(lies)
    yield "quine-of-overlaps", _overlapping()


def _structures() -> Iterator[tuple[str, bytes]]:
    good = packed()
    yield "empty", b""
    yield "no-zip", b"#!/bin/sh\nrm -rf /\n" * 100
    yield "gzip", b"\x1f\x8b\x08\x00" + b"\0" * 200
    yield "no-entries", packed({})
    yield "cut-off", good[:-10]
    yield "cut-in-half", good[: len(good) // 2]
    yield "trailing", good + b"trailing"
    yield "before", b"MZ self-extracting" + good
    yield "two-ends", good + good[good.rfind(b"PK\x05\x06") :]
    yield "two-archives", good + packed({"demo/x": "1"})
    yield "many-disks", _at_end(good, 4, "<H", 1)
    yield "count-too-small", _at_end(_at_end(good, 8, "<H", 1), 10, "<H", 1)
    yield "count-too-large", _at_end(_at_end(good, 8, "<H", 9), 10, "<H", 9)
    yield "directory-elsewhere", _at_end(good, 16, "<L", 7)
    yield "directory-too-large", _at_end(good, 12, "<L", 0xFFFFFF)
    yield "wrong-crc", _both(good, b"demo/sequence.py", 16, 14, "<L", 0xDEADBEEF)
    yield "wrong-content", _patched(packed(method=zipfile.ZIP_STORED), b"class: Demo", b"class: Evil")
    yield "encrypted", _both(good, b"demo/sequence.py", 8, 6, "<H", 1)
    yield "strongly-encrypted", _both(good, b"demo/sequence.py", 8, 6, "<H", 0x41)
    yield "encrypted-aes", _both(good, b"demo/sequence.py", 10, 8, "<H", 99)
    yield "bzip2", packed(method=zipfile.ZIP_BZIP2)
    yield "lzma", packed(method=zipfile.ZIP_LZMA)
    yield "unknown-method", _both(good, b"demo/sequence.py", 10, 8, "<H", 9)
    yield "not-deflated-at-all", _both(packed(method=zipfile.ZIP_STORED), b"demo/sequence.py", 10, 8, "<H", 8)
    other_name = bytearray(good)
    at = _local(other_name, b"demo/sequence.py") + 30
    other_name[at : at + 4] = b"evil"
    yield "two-names", bytes(other_name)
    other_size = bytearray(good)
    struct.pack_into("<L", other_size, _local(other_size, b"demo/sequence.py") + 22, 3)
    yield "two-sizes", bytes(other_size)
    yield "between-entries", _with_a_gap()
    yield "not-utf8", _patched(_patched(good, b"demo/sequence.py", b"demo/\xff\xfe\xfdquence"), b"x", b"x")
    utf8 = with_good(("demo/é.py", "x", {}))
    yield "broken-utf8", _patched(utf8, "é".encode(), b"\xff\xfe")


def _central(archive: bytes | bytearray, name: bytes) -> int:
    return bytes(archive).rindex(b"PK\x01\x02", 0, bytes(archive).rindex(name))


def _local(archive: bytes | bytearray, name: bytes) -> int:
    return bytes(archive).rindex(b"PK\x03\x04", 0, bytes(archive).index(name))


def _both(archive: bytes, name: bytes, central: int, local: int, kind: str, value: int) -> bytes:
    """Change a number of an entry in both places that say it."""
    changed = bytearray(archive)
    struct.pack_into(kind, changed, _central(changed, name) + central, value)
    struct.pack_into(kind, changed, _local(changed, name) + local, value)
    return bytes(changed)


def _at_end(archive: bytes, offset: int, kind: str, value: int) -> bytes:
    changed = bytearray(archive)
    struct.pack_into(kind, changed, archive.rfind(b"PK\x05\x06") + offset, value)
    return bytes(changed)


def _patched(archive: bytes, found: bytes, replaced: bytes) -> bytes:
    """Put other bytes in place of some; shorter ones end with a slash."""
    assert found in archive
    return archive.replace(found, replaced.ljust(len(found), b"/"))


def _with_a_gap() -> bytes:
    """An archive with bytes between two entries that its list does not know of."""
    good = packed()
    at = _local(good, b"demo/sequence.py")
    changed = bytearray(good[:at] + b"hidden" + good[at:])
    central = _central(changed, b"demo/sequence.py")
    struct.pack_into("<L", changed, central + 42, at + 6)
    end = changed.rfind(b"PK\x05\x06")
    struct.pack_into("<L", changed, end + 16, struct.unpack_from("<L", changed, end + 16)[0] + 6)
    return bytes(changed)


def _overlapping() -> bytes:
    """A bomb whose entries share one content: each of the list's entries points at the same bytes."""
    one = packed({"demo/a.bin": b"\0" * (1 << 20)})
    start = _central(one, b"demo/a.bin")
    end = one.rfind(b"PK\x05\x06")
    record = one[start:end]
    records = b"".join(record.replace(b"demo/a.bin", f"demo/{number:05}".encode()) for number in range(50))
    tail = bytearray(one[end:])
    struct.pack_into("<2HL", tail, 8, 50, 50, len(records))
    return one[:start] + records + bytes(tail)
