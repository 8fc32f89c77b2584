"""Reads YAML safely: each value keeps its line, each mistake is found, and no document exhausts the machine.

PyYAML scans and parses; this module builds the values, because PyYAML's own builder forgets lines, keeps the
last of two equal keys without a word, expands aliases without limit and makes Python objects of tags. Words mean
what YAML 1.2 says, so that `12:30`, `no` and `007` stay text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from pydantic import JsonValue
from yaml.reader import Reader

from station.config.codes import ProblemCode
from station.config.problems import Problem, shown
from station.config.tree import Path

MAX_DEPTH = 32
MAX_NODES = 10_000
"""Values of a document, with aliases and merges written out; a station of 100 batches has about 5,000."""

_Event = Any
"""An event of PyYAML: what it holds depends on its class, which its types do not say."""

_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9A-Fa-f]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LONGEST_NUMBER = 40
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONSTANTS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True)
class ScalarNode:
    """One value."""

    value: str | int | float | bool | None
    line: int
    size: int = 1
    depth: int = 1


@dataclass(frozen=True)
class SequenceNode:
    """A list."""

    items: tuple["Node", ...]
    line: int
    size: int
    depth: int


@dataclass(frozen=True)
class Entry:
    """One key's value, with the line the key stands on."""

    line: int
    node: "Node"


@dataclass(frozen=True)
class MappingNode:
    """Keys and values."""

    entries: Mapping[str, Entry]
    line: int
    size: int
    depth: int


Node = ScalarNode | SequenceNode | MappingNode


class DocumentError(Exception):
    """The document cannot be read any further.

    Attributes:
        problem: What is wrong, and where.
    """

    def __init__(self, text: str, line: int | None = None, path: Path = ()) -> None:
        """Keep the problem."""
        super().__init__(text)
        self.problem = Problem(text, path, line, params={"said": text})


@dataclass
class Document:
    """What was read, and what was found wrong without stopping the reading."""

    root: Node
    problems: list[Problem] = field(default_factory=list)


def read_document(text: str) -> Document:
    """Read one YAML document; an empty one holds nothing (None).

    Raises:
        DocumentError: If it is not YAML, or more than a configuration can reasonably be.
    """
    odd = Reader.NON_PRINTABLE.search(text)
    if odd is not None:
        told = "a NUL byte" if odd[0] == "\0" else f"the control character U+{ord(odd[0]):04X}"
        msg = f"holds {told}; remove it"
        raise DocumentError(msg, text.count("\n", 0, odd.start()) + 1)
    composer = _Composer(text)
    try:
        return composer.read()
    except yaml.MarkedYAMLError as error:
        told, line = _syntax(error, text)
        raise DocumentError(told, line) from None
    except (yaml.YAMLError, ValueError, OverflowError):
        # PyYAML makes characters and versions of digits it does not check: "\UFFFFFFFF", %YAML 1.999...
        told = "not valid YAML: a number or character code on this line is impossible"
        raise DocumentError(told, composer.line) from None


def line_of(root: Node, path: Path) -> int:
    """Give the line of what a path names, or of the innermost part of it that is there."""
    node, line = root, root.line
    for key in path:
        match node:
            case MappingNode() if isinstance(key, str) and key in node.entries:
                line, node = node.entries[key].line, node.entries[key].node
            case SequenceNode() if isinstance(key, int) and key < len(node.items):
                node = node.items[key]
                line = node.line
            case _:
                break
    return line


def node_at(root: Node, path: Path) -> Node | None:
    """Give what a path names, or None."""
    node = root
    for key in path:
        match node:
            case MappingNode() if isinstance(key, str) and key in node.entries:
                node = node.entries[key].node
            case SequenceNode() if isinstance(key, int) and key < len(node.items):
                node = node.items[key]
            case _:
                return None
    return node


class _Composer:
    """Builds nodes of PyYAML's events, counting as it goes."""

    def __init__(self, text: str) -> None:
        self._loader = yaml.SafeLoader(text)
        self._anchors: dict[str, Node] = {}
        self._open: set[str] = set()
        self._nodes = 0
        self._depth = 0
        self._problems: list[Problem] = []

    @property
    def line(self) -> int:
        """The line that the scanner has reached."""
        return int(self._loader.line) + 1

    def read(self) -> Document:
        self._next()  # the stream's start
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            return Document(ScalarNode(None, 1))
        root = self._node(self._next(), ())
        self._next()  # the document's end
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            self._problem("a second document begins here; keep one, without `---` lines", event, ())
        return Document(root, self._problems)

    def _next(self) -> _Event:
        return self._loader.get_event()  # type: ignore[no-untyped-call]

    def _node(self, event: _Event, path: Path) -> Node:
        line = _line(event)
        self._spend(1, line)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        if self._depth >= MAX_DEPTH:
            raise _too_deep(line)
        # The length of the path would not do: what stands after << is nested, but stands at its mapping's path.
        self._depth += 1
        anchor: str | None = event.anchor
        if anchor is not None:
            self._open.add(anchor)
        node: Node
        match event:
            case yaml.MappingStartEvent():
                node = self._mapping(event, path)
            case yaml.SequenceStartEvent():
                node = self._sequence(event, path)
            case _:
                node = ScalarNode(self._value(event, path), line)
        self._depth -= 1
        if anchor is not None:
            self._open.discard(anchor)
            self._anchors[anchor] = node
        return node

    def _alias(self, event: yaml.AliasEvent, path: Path) -> Node:
        line = _line(event)
        name = event.anchor or ""
        if name in self._open:
            msg = f"*{name} stands inside what it names; a value cannot hold itself"
            raise DocumentError(msg, line, path)
        if name not in self._anchors:
            msg = f"*{name} names nothing; write &{name} before the value it is to repeat"
            raise DocumentError(msg, line, path)
        node = self._anchors[name]
        self._spend(node.size, line)
        if self._depth + node.depth > MAX_DEPTH:
            raise _too_deep(line)
        return node

    def _sequence(self, event: yaml.SequenceStartEvent, path: Path) -> SequenceNode:
        self._check_tag(event, ("seq",), path)
        items: list[Node] = []
        while not isinstance(inner := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(inner, (*path, len(items))))
        return SequenceNode(tuple(items), _line(event), *_extent(items))

    def _mapping(self, event: yaml.MappingStartEvent, path: Path) -> MappingNode:
        self._check_tag(event, ("map",), path)
        entries: dict[str, Entry] = {}
        merged: list[Entry] = []
        while not isinstance(inner := self._next(), yaml.MappingEndEvent):
            key, is_merge = self._key(inner, path)
            entry = Entry(_line(inner), self._node(self._next(), path if is_merge else (*path, key)))
            if is_merge:
                merged.append(entry)
            elif key in entries:
                first, second = entries[key].line, entry.line
                text = f"is written twice, on lines {first} and {second}; keep one"
                params: dict[str, JsonValue] = {"first": first, "second": second}
                self._problems.append(Problem(text, (*path, key), second, code=ProblemCode.KEY_TWICE, params=params))
            else:
                entries[key] = entry
        for entry in merged:
            for source in self._merge_sources(entry, path):
                for key, inherited in source.entries.items():
                    entries.setdefault(key, inherited)
        return MappingNode(entries, _line(event), *_extent([entry.node for entry in entries.values()]))

    def _key(self, event: _Event, path: Path) -> tuple[str, bool]:
        if isinstance(event, yaml.AliasEvent):
            node = self._alias(event, path)
            if isinstance(node, ScalarNode) and isinstance(node.value, str):
                return node.value, False
        if not isinstance(event, yaml.ScalarEvent):
            msg = "a key must be text; put a value that begins with a brace or bracket in quotes"
            raise DocumentError(msg, _line(event), path)
        self._check_tag(event, ("str",), path)
        key = self._whole_text(event, path)
        return key, key == "<<" and event.implicit[0]

    def _merge_sources(self, entry: Entry, path: Path) -> list[MappingNode]:
        items = entry.node.items if isinstance(entry.node, SequenceNode) else (entry.node,)
        sources = [item for item in items if isinstance(item, MappingNode)]
        if len(sources) < len(items):
            text = "<< must be followed by an alias of a mapping, or a list of such aliases"
            self._problems.append(Problem(text, path, entry.line, params={"said": text}))
        return sources

    def _value(self, event: _Event, path: Path) -> str | int | float | bool | None:
        text = self._whole_text(event, path)
        self._check_tag(event, ("str", "int", "float", "bool", "null"), path)
        plain = event.implicit[0] if event.tag is None else event.tag not in {"!", f"{_TAG}str"}
        if not plain:
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _NOT_FINITE.fullmatch(text):
            self._problem(f"{text} is not a number that can be used; put it in quotes if it is text", event, path)
            return text
        is_int = _INT.fullmatch(text) is not None
        if not is_int and not _FLOAT.fullmatch(text):
            return text
        number = _number(text, is_int=is_int)
        if number is None:
            self._problem("a number this large cannot be used; put it in quotes if it is text", event, path)
            return text
        return number

    def _whole_text(self, event: _Event, path: Path) -> str:
        text: str = event.value
        if _SURROGATE.search(text):
            self._problem("holds half of a character; write the character itself", event, path)
            return _SURROGATE.sub("?", text)
        return text

    def _check_tag(self, event: _Event, allowed: tuple[str, ...], path: Path) -> None:
        tag = event.tag
        if tag is None or tag == "!" or tag.removeprefix(_TAG) in allowed:
            return
        short = f"!!{tag.removeprefix(_TAG)}" if tag.startswith(_TAG) else tag
        self._problem(f"the tag {shown(short)} is not allowed; remove it", event, path)

    def _spend(self, nodes: int, line: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            msg = f"holds more than {MAX_NODES} values, its aliases written out; a configuration needs far fewer"
            raise DocumentError(msg, line)

    def _problem(self, text: str, event: _Event, path: Path) -> None:
        self._problems.append(Problem(text, path, _line(event), params={"said": text}))


def _syntax(error: yaml.MarkedYAMLError, text: str) -> tuple[str, int]:
    mark = error.problem_mark or error.context_mark
    index, column = (mark.line, mark.column) if mark is not None else (0, 0)
    source = dict(enumerate(_LINE_BREAK.split(text))).get(index, "")
    indent = source[: len(source) - len(source.lstrip(" \t"))]
    if "\t" in indent or source[column : column + 1] == "\t":
        return "a tab where YAML wants spaces; indent with spaces", index + 1
    context = error.context or ""
    if context and error.context_mark is not None and error.context_mark.line != index:
        context += f" that begins on line {error.context_mark.line + 1}"
    told = ", ".join(part for part in (context, error.problem or "") if part)
    told = " ".join(told.split())[:200]
    return f"not valid YAML: {told}; check indentation, colons and quotes", index + 1


def _number(text: str, *, is_int: bool) -> int | float | None:
    if len(text) > _LONGEST_NUMBER:
        return None
    if is_int:
        whole = int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
        return whole if -(2**63) <= whole < 2**63 else None
    number = float(text)
    return None if number in {float("inf"), float("-inf")} else number


def _extent(nodes: list[Node]) -> tuple[int, int]:
    return 1 + sum(node.size for node in nodes), 1 + max((node.depth for node in nodes), default=0)


def _too_deep(line: int) -> DocumentError:
    return DocumentError(f"nested more than {MAX_DEPTH} deep; a configuration needs far less", line)


def _line(event: _Event) -> int:
    line: int = event.start_mark.line
    return line + 1
