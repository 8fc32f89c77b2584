"""What the environment adds to station.yaml: values of `${NAME}`, overrides such as `STATION_SERVER__PORT`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from station.config.codes import ProblemCode
from station.config.document import DocumentError, MappingNode, Node, ScalarNode, SequenceNode, read_document
from station.config.problems import Problem, closest, dotted, shown
from station.config.tree import Path, Spot, root

PREFIX = "STATION_"
SEPARATOR = "__"

_REFERENCE = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INDEX = re.compile(r"[0-9]{1,4}")
_LONGEST_TEXT = 64 * 1024


@dataclass
class Filled:
    """Plain data, with where each part of it comes from."""

    data: Any
    problems: list[Problem] = field(default_factory=list)
    referenced: set[Path] = field(default_factory=set)
    """Values that hold text of the environment, and so may be secret."""
    variables: dict[Path, str] = field(default_factory=dict)
    """Values that an override has set, with its name."""


def fill_references(tree: Node, environ: Mapping[str, str]) -> Filled:
    """Make plain data of what was read, each `${NAME}` replaced by the variable's text."""
    filled = Filled(None)
    filled.data = _fill(tree, (), environ, filled)
    return filled


def apply_overrides(filled: Filled, environ: Mapping[str, str]) -> None:
    """Put what the `STATION_` variables say into the data.

    Levels are separated by two underscores, lists are counted from 0: `STATION_BATCHES__0__AUTO_START=true`.
    Variables without two underscores belong to somebody else (`${STATION_BACKEND_API_KEY}`), unless they name a
    setting at the top: `STATION_DATA_DIR`.
    """
    for name in sorted(environ):
        parts = name.removeprefix(PREFIX).split(SEPARATOR)
        if not name.startswith(PREFIX) or (len(parts) == 1 and not _is_top_setting(parts[0])):
            continue
        try:
            path, spot = _find(parts, filled.data)
            value = _read(environ[name], spot)
            _put(filled.data, path, value)
        except _OverrideError as error:
            filled.problems.append(Problem(str(error), variable=name, code=error.code, params=error.params))
        else:
            filled.variables[path] = name
            # What the file says there no longer counts, and so it cannot be wrong.
            filled.problems = [problem for problem in filled.problems if problem.path[: len(path)] != path]


class _OverrideError(Exception):
    """A variable that cannot be applied, and why."""

    def __init__(self, text: str, names: str = "") -> None:
        super().__init__(text)
        self.code = ProblemCode.VARIABLE_MISSING if names else ProblemCode.VARIABLE_WRONG
        self.params: dict[str, JsonValue] = {"names": names} if names else {"said": text}


def _fill(node: Node, path: Path, environ: Mapping[str, str], filled: Filled) -> object:
    match node:
        case MappingNode():
            return {key: _fill(entry.node, (*path, key), environ, filled) for key, entry in node.entries.items()}
        case SequenceNode():
            return [_fill(item, (*path, index), environ, filled) for index, item in enumerate(node.items)]
        case ScalarNode(value=str() as text) if "${" in text:
            try:
                replaced, referenced = _replace(text, environ)
            except _OverrideError as error:
                filled.problems.append(Problem(str(error), path, node.line, code=error.code, params=error.params))
                filled.referenced.add(path)
                return text
            if referenced:
                filled.referenced.add(path)
            return replaced
        case ScalarNode():
            return node.value


def _replace(text: str, environ: Mapping[str, str]) -> tuple[str, bool]:
    pieces: list[str] = []
    missing: list[str] = []
    end = length = 0
    referenced = False
    for match in _REFERENCE.finditer(text):
        pieces.append(text[end : match.start()])
        end = match.end()
        name = match[1]
        if name is None:  # $${
            pieces.append("${")
            continue
        if not match[2] or not _NAME.fullmatch(name):
            msg = f"{shown(match[0])} names no variable; write $${{ where the characters ${{ are meant"
            raise _OverrideError(msg)
        referenced = True
        if name not in environ:
            missing.append(name)
            continue
        length += len(environ[name])
        if length > _LONGEST_TEXT or not _is_unicode(environ[name]):
            msg = f"the environment variable {name} is too long or not UTF-8 text"
            raise _OverrideError(msg)
        pieces.append(environ[name])
    if missing:
        names = " and ".join(dict.fromkeys(missing))
        msg = f"the environment does not have {names}; set it before the station starts"
        raise _OverrideError(msg, ", ".join(dict.fromkeys(missing)))
    return "".join(pieces) + text[end:], referenced


def _is_top_setting(part: str) -> bool:
    spot = root().child(part.lower())
    return spot is not None and spot.is_text


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _find(parts: list[str], data: object) -> tuple[Path, Spot]:
    spot = root()
    path: Path = ()
    for position, part in enumerate(parts):
        key = _key(part, spot, data)
        child = spot.child(key) if part else None
        if child is None:
            raise _OverrideError(_unknown(parts, position, spot, path))
        spot, path = child, (*path, key)
        data = _below(data, key)
    if spot.is_section:
        example = "one of " + ", ".join(spot.keys)
        msg = f"names the section {dotted(path)}, not a setting; add two underscores and {example}, in capitals"
        raise _OverrideError(msg)
    return path, spot


def _key(part: str, spot: Spot, data: object) -> str | int:
    is_list = isinstance(data, list) if spot.is_free else "items" in spot.schema
    if is_list and _INDEX.fullmatch(part):
        return int(part)
    lower = part.lower()
    if spot.is_free and isinstance(data, dict):
        # Names of variables have no small letters on some systems, names of instruments often have.
        return next((key for key in data if key.lower() == lower), lower)
    return lower


def _below(data: object, key: str | int) -> object:
    if isinstance(data, dict):
        return data.get(key)
    if isinstance(data, list) and isinstance(key, int) and key < len(data):
        item: object = data[key]
        return item
    return None


def _unknown(parts: list[str], position: int, spot: Spot, path: Path) -> str:
    meant = closest(parts[position], spot.keys)
    if meant is not None:
        corrected = [*parts[:position], meant.upper(), *parts[position + 1 :]]
        return f"names no setting; did you mean {PREFIX}{SEPARATOR.join(corrected)}?"
    if spot.keys:
        return f"names no setting; {dotted(path) or 'the configuration'} has {', '.join(spot.keys)}"
    if "items" in spot.schema:
        return f"names no setting; {dotted(path)} is a list: a number, counted from 0, must follow it"
    return f"names no setting; there is nothing below {dotted(path)}"


def _read(text: str, spot: Spot) -> object:
    if not _is_unicode(text) or "\0" in text:
        msg = "is not UTF-8 text"
        raise _OverrideError(msg)
    if spot.is_text:
        return text
    if "${" in text:
        msg = "holds ${, which is replaced in the file only; write the value itself"
        raise _OverrideError(msg)
    try:
        document = read_document(text)
    except DocumentError as error:
        raise _OverrideError(str(error)) from None
    if document.problems:
        raise _OverrideError(document.problems[0].text)
    return _fill(document.root, (), {}, Filled(None))


def _put(data: Any, path: Path, value: object) -> None:  # noqa: ANN401 - plain data of any shape
    here: Any = data
    for depth, key in enumerate(path):
        fits = isinstance(here, list) if isinstance(key, int) else isinstance(here, dict)
        if not fits:
            kind = "list" if isinstance(key, int) else "mapping"
            msg = f"names a part of {dotted(path[:depth])}, which is no {kind} in the file"
            raise _OverrideError(msg)
        if isinstance(key, int):
            if key > len(here):
                msg = f"names item {key} of {dotted(path[:depth])}; it has {len(here)}, counted from 0"
                raise _OverrideError(msg)
            if key == len(here):
                here.append(None)
        if depth == len(path) - 1:
            here[key] = value
        elif _below(here, key) is None:
            here[key] = [] if isinstance(path[depth + 1], int) else {}
        here = here[key]
