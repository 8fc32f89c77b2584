"""What one version of a package has otherwise than another, for people."""

import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, JsonValue

from station.execution.hashing import package_files
from station.execution.manifest import Manifest

LONGEST = 2000
"""Lines up to which two texts are compared line by line."""
LARGEST = 200_000
"""Bytes up to which they are."""

_ABSENT = object()


class FileDiff(BaseModel):
    """What became of one file.

    Attributes:
        path: Within the package, with `/`.
        diff: Line by line, as patches are written; empty where it is no text, or too long.
    """

    path: str
    change: Literal["added", "removed", "changed"]
    diff: str = ""


class ManifestDiff(BaseModel):
    """What became of one entry of the manifest.

    Attributes:
        path: `limits.rail.low`.
        before: Null also where it was not there.
        after: Null also where it is not there any more.
    """

    path: str
    before: JsonValue = None
    after: JsonValue = None


def file_diffs(before: Path, after: Path) -> Iterator[FileDiff]:
    """Compare the files of two versions, by name."""
    one = {file.relative_to(before).as_posix(): file for file in package_files(before)}
    other = {file.relative_to(after).as_posix(): file for file in package_files(after)}
    for name in sorted({*one, *other}):
        if name not in one:
            yield FileDiff(path=name, change="added", diff=_diff(name, None, other[name]))
        elif name not in other:
            yield FileDiff(path=name, change="removed", diff=_diff(name, one[name], None))
        elif one[name].read_bytes() != other[name].read_bytes():
            yield FileDiff(path=name, change="changed", diff=_diff(name, one[name], other[name]))


def manifest_diffs(before: Manifest, after: Manifest) -> Iterator[ManifestDiff]:
    """Compare what two manifests say, entry by entry."""
    one, other = dict(_entries(plain(before))), dict(_entries(plain(after)))
    for path in sorted({*one, *other}):
        was, became = one.get(path, _ABSENT), other.get(path, _ABSENT)
        if was != became:
            yield ManifestDiff.model_validate(
                {
                    "path": path,
                    "before": None if was is _ABSENT else was,
                    "after": None if became is _ABSENT else became,
                }
            )


def plain(manifest: Manifest) -> dict[str, JsonValue]:
    """Give a manifest as JSON has it, as far as its author wrote it; what JSON has no number for is null."""
    found: dict[str, JsonValue] = json.loads(manifest.model_dump_json(by_alias=True, exclude_unset=True))
    return found


def _entries(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _entries(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(inner, Mapping) for inner in value):
        for index, inner in enumerate(value):
            name = inner.get("name", index) if isinstance(inner, Mapping) else index
            yield from _entries(inner, f"{path}[{name}]")
    else:
        yield path, value


def _diff(name: str, before: Path | None, after: Path | None) -> str:
    one, other = _lines(before), _lines(after)
    if one is None or other is None:
        return ""
    return "\n".join(difflib.unified_diff(one, other, f"before/{name}", f"after/{name}", lineterm=""))


def _lines(file: Path | None) -> list[str] | None:
    """Give the lines of a text; None where it is none, or a long one."""
    if file is None:
        return []
    if file.stat().st_size > LARGEST:
        return None
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return None
    return lines if len(lines) <= LONGEST and "\0" not in "".join(lines) else None
