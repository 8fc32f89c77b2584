"""E17: an archive with anything wrong about it is refused quickly, and nothing outside its folder is touched."""

import io
import subprocess
import time
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from station.execution.archive import ArchiveError, ArchiveTooLargeError, Limits, unpack
from tests.execution.archives import GOOD, MANIFEST, hostile, packed, zipped


def tree_hash(folder: Path) -> str:
    """What is in a folder: names, kinds and contents."""
    digest = sha256()
    for entry in sorted(folder.rglob("*")):
        content = entry.read_bytes() if entry.is_file() and not entry.is_symlink() else b""
        digest.update(f"{entry.relative_to(folder)} {entry.lstat().st_mode} {len(content)} ".encode() + content)
    return digest.hexdigest()


def test_e17_there_are_enough_of_them() -> None:
    assert len(hostile()) >= 80


@pytest.mark.parametrize("name", list(hostile()))
def test_e17_a_hostile_archive_is_refused(name: str, tmp_path: Path) -> None:
    around = tmp_path / "around"
    (around / "demo").mkdir(parents=True)
    (around / "evil.py").write_text("untouched")
    before, began = tree_hash(around), time.monotonic()

    with pytest.raises(ArchiveError) as refused:
        unpack(io.BytesIO(hostile()[name]), around / "target" / "inner")
    took = time.monotonic() - began
    half = around / "target"
    written = sum(file.stat().st_size for file in half.rglob("*") if file.is_file())
    links = [entry for entry in half.rglob("*") if entry.is_symlink()]
    if half.exists():
        subprocess.run(["rm", "-r", str(half)], check=True)

    assert refused.value.message.isprintable()
    assert took <= 1
    assert tree_hash(around) == before
    assert (written < 1 << 21, links) == (True, [])


def test_e17_what_is_too_large_is_known_before_anything_is_written(tmp_path: Path) -> None:
    target = tmp_path / "target"

    for name in ("many-entries", "100k-entries", "ratio", "many-small-zeros", "claims-4-GB"):
        with pytest.raises(ArchiveTooLargeError):
            unpack(io.BytesIO(hostile()[name]), target)

        assert not target.exists()


@pytest.mark.parametrize(
    "limits",
    [Limits(size=100), Limits(entries=1), Limits(unpacked=50), Limits(depth=1), Limits(name=5), Limits(path=8)],
)
def test_limits_are_the_callers(limits: Limits, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError):
        unpack(io.BytesIO(packed()), tmp_path / "target", limits)

    assert not (tmp_path / "target").exists()


def test_a_good_archive_is_unpacked_without_what_is_no_part_of_a_package(tmp_path: Path) -> None:
    extra = {
        "demo/": "",
        "demo/drivers/": "",
        "demo/drivers/dmm.py": "x = 1",
        "demo/그림.png": "picture",
        "demo/__pycache__/sequence.cpython-311.pyc": "planted",
        "demo/old.pyc": "planted",
        "demo/.git/config": "x",
        "__MACOSX/demo/._sequence.py": "x",
    }

    unpack(io.BytesIO(packed(GOOD | extra)), tmp_path / "target")

    found = {file.relative_to(tmp_path / "target").as_posix() for file in (tmp_path / "target").rglob("*.*")}
    assert found == {"demo/manifest.yaml", "demo/sequence.py", "demo/drivers/dmm.py", "demo/그림.png"}
    assert (tmp_path / "target/demo/manifest.yaml").read_text() == MANIFEST


def test_an_archive_that_was_written_into_a_pipe_is_unpacked(tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        """Takes bytes and cannot go back, so that sizes stand behind each entry."""

        def __init__(self) -> None:
            self.taken = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.taken += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as opened:  # type: ignore[arg-type]
        for name, content in GOOD.items():
            opened.writestr(name, content)

    unpack(io.BytesIO(bytes(pipe.taken)), tmp_path / "target")

    assert (tmp_path / "target/demo/manifest.yaml").read_text() == MANIFEST


def test_permissions_of_the_archive_are_not_kept(tmp_path: Path) -> None:
    unpack(io.BytesIO(zipped([("demo/run.sh", "x", {"external_attr": 0o106777 << 16})])), tmp_path / "target")

    assert (tmp_path / "target/demo/run.sh").stat().st_mode & 0o7111 == 0
