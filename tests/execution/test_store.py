"""Packages are kept by content, once, and never believed when somebody changed them."""

from pathlib import Path

import pytest

from station.domain.errors import PackageError
from station.domain.plan import PackageRef
from station.execution.files import FileStore
from station.execution.hashing import content_hash
from station.execution.store import PackageStore
from tests.execution.conftest import Package

STEP = "@step(1)\nasync def one(self): ..."


def test_the_hash_is_of_names_and_contents_and_nothing_else(package: Package) -> None:
    package.write("a.py", "1").write("sub/b.py", "2")
    before = content_hash(package.root)

    package.write("__pycache__/a.pyc", "x").write("a.pyc", "x").write(".git/config", "x").write(".hidden", "x")
    (package.root / "a.py").touch()
    unchanged = content_hash(package.root)
    package.write("sub/b.py", "3")
    other_content = content_hash(package.root)
    package.write("sub/b.py", "2")
    (package.root / "sub" / "b.py").rename(package.root / "sub" / "c.py")
    other_name = content_hash(package.root)

    assert unchanged == before
    assert len({before, other_content, other_name}) == 3


def test_moving_bytes_from_a_name_into_a_content_changes_the_hash(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    Package(tmp_path / "one").write("ab", "c")
    Package(tmp_path / "two").write("a", "bc")

    assert content_hash(tmp_path / "one") != content_hash(tmp_path / "two")


def test_a_symbolic_link_is_refused(package: Package) -> None:
    package.write("a.py", "1")
    (package.root / "b.py").symlink_to("/etc/passwd")

    with pytest.raises(PackageError) as caught:
        content_hash(package.root)

    assert caught.value.message == "package demo: b.py is a symbolic link; put the file itself into the package"


def test_a_published_version_is_loaded_by_its_reference(package: Package, tmp_path: Path) -> None:
    store = PackageStore(tmp_path / "store")
    package.sequence(STEP)

    ref = store.publish(package.root)
    loaded = store.load(ref)

    assert ref == PackageRef(name="demo", version="1.2.3", content_hash=content_hash(package.root))
    assert loaded.root == tmp_path / "store" / "demo" / ref.content_hash / "demo"
    assert loaded.ref == ref
    assert store.load(ref) is loaded


def test_publishing_again_changes_nothing_and_a_new_content_is_a_new_version(package: Package, tmp_path: Path) -> None:
    store = PackageStore(tmp_path / "store")
    package.sequence(STEP)

    first = store.publish(package.root)
    again = store.publish(package.root)
    package.sequence(STEP + "\n# changed")
    second = store.publish(package.root)

    assert again == first
    assert second.content_hash != first.content_hash
    assert {store.load(first).root.parent.name, store.load(second).root.parent.name} == {
        first.content_hash,
        second.content_hash,
    }
    assert not [entry.name for entry in (tmp_path / "store").iterdir() if entry.name.startswith(".")]


def test_a_broken_package_is_not_published(package: Package, tmp_path: Path) -> None:
    store = PackageStore(tmp_path / "store")
    package.sequence("x = 1")

    with pytest.raises(PackageError) as caught:
        store.publish(package.root)

    assert caught.value.message == (
        "sequence package demo cannot be used:\n"
        "  NO_STEPS sequence.py: no method is marked with @step (cleanup steps alone test nothing); mark at least one"
    )
    assert not (tmp_path / "store").exists()


def test_a_version_that_was_never_published_is_missing(tmp_path: Path) -> None:
    store = PackageStore(tmp_path)
    ref = PackageRef(name="demo", version="1.0.0", content_hash="0" * 64)

    with pytest.raises(PackageError) as caught:
        store.load(ref)

    assert caught.value.message == (
        f"version demo 1.0.0 (000000000000) is not in the package store {tmp_path}; publish it again"
    )


def test_a_version_that_was_changed_is_refused_and_mended_by_publishing(package: Package, tmp_path: Path) -> None:
    package.sequence(STEP)
    ref = PackageStore(tmp_path / "store").publish(package.root)
    place = tmp_path / "store" / "demo" / ref.content_hash / "demo"
    (place / "sequence.py").write_text("import os")
    changed = content_hash(place)

    with pytest.raises(PackageError) as caught:
        PackageStore(tmp_path / "store").load(ref)
    PackageStore(tmp_path / "store").publish(package.root)
    mended = PackageStore(tmp_path / "store").load(ref)

    assert caught.value.message == (
        f"version demo 1.2.3 ({ref.content_hash[:12]}) in the package store was changed after it was published "
        f"(its content hash is {changed[:12]} now); restore the file, or remove {place.parent} and publish again"
    )
    assert mended.ref == ref


def test_a_file_is_kept_once_by_its_content(tmp_path: Path) -> None:
    files = FileStore(tmp_path / "files")
    (tmp_path / "wave.csv").write_bytes(b"1,2,3")

    from_bytes = files.put_bytes(b"1,2,3")
    from_file = files.put_file(tmp_path / "wave.csv")

    assert from_bytes == from_file
    assert from_bytes.size == 5
    with files.open(from_bytes.sha256) as stream:
        assert stream.read() == b"1,2,3"
    kept = [file.relative_to(files.root).as_posix() for file in files.root.rglob("*") if file.is_file()]
    assert kept == [f"{from_bytes.sha256[:2]}/{from_bytes.sha256[2:4]}/{from_bytes.sha256}"]


@pytest.mark.parametrize("digest", ["../../etc/passwd", "", "0" * 63, "G" * 64])
def test_what_is_no_hash_is_no_file(tmp_path: Path, digest: str) -> None:
    with pytest.raises(FileNotFoundError):
        FileStore(tmp_path).open(digest)
