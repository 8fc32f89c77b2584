"""Shows a configuration's text without its secrets, and puts them back where the text was edited.

A secret that stands in the file is shown as `<secret 1>`; `${NAME}` is shown as it stands. Whoever edits the text moves
those marks about as they like, but a secret never comes to stand where it would be shown: a text with the secrets put
back must look, with its secrets hidden again, as it was given.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from station.config.document import DocumentError
from station.config.source import document_of
from station.config.tree import Path, spot_at

_Event = Any
"""An event of PyYAML: what it holds depends on its class, which its types do not say."""

_MISPLACED = "a mark such as <secret 1> stands for a secret of the file, and may only stand where that is kept secret"
_MARK = re.compile(r"<secret ([0-9]{1,5})>")
_QUOTED_MARK = re.compile(r"""(["']?)<secret [0-9]{1,5}>\1""")
_REFERENCE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
_NOTHING = frozenset({"", "~", "null", "Null", "NULL", "true", "false", "[]", "{}"})
_NAME = r"[\w-]*(?:passw|passphrase|secret|token|api[_-]?key|private[_-]?key|credential)[\w-]*|pin|pw|keys?"
_SECRET_NAME = re.compile(_NAME, re.IGNORECASE)
_CREDENTIALS = re.compile(r"://[^/@\s]*:[^/@\s]+@")
_COMMENT = re.compile(r"(?<!\S)#[^\r\n]*")
_SETTING = re.compile(rf"#[#\s-]*(?:{_NAME})\s*:\s*(\S[^\r\n]*?)\s*(?:\s#[^\r\n]*)?$", re.IGNORECASE)
_QUOTED_SETTING = re.compile(rf"""\b(?:{_NAME})\s*[:=]\s*("[^"]*"|'[^']*')""", re.IGNORECASE)
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")


@dataclass(frozen=True)
class _Span:
    """A piece of the text: a value, or what is hidden of a comment.

    Attributes:
        value: What YAML makes of it; empty for a comment.
        path: Where the value stands; None: it is of a comment.
    """

    start: int
    end: int
    line: int
    value: str = ""
    path: Path | None = None


def mask(text: str) -> str:
    """Hide every secret of a configuration's text.

    A DocumentError passes through where it is not one YAML mapping: nobody knows what in it is secret.
    """
    return _hidden(text, _Scan(text).secrets)


def unmask(edited: str, original: str) -> str:
    """Put the secrets of the original back into a text that was made of its masked form.

    Raises:
        DocumentError: If either is not one YAML mapping, or a mark stands where its secret would be shown.
    """
    scan, kept = _Scan(edited), _Scan(original).secrets
    pieces: list[str] = []
    end = 0
    for span, number in scan.marks:
        secret = kept[number - 1] if 1 <= number <= len(kept) else None
        if secret is None or not _may_move(secret.path, span.path):
            raise DocumentError(_MISPLACED, span.line)
        pieces += [edited[end : span.start], _source(original, secret)]
        end = span.end
    restored = "".join(pieces) + edited[end:]
    if uniform(mask(restored)) != uniform(_hidden(edited, scan.secrets)):
        raise DocumentError(_MISPLACED)
    return restored


def _may_move(before: Path | None, after: Path | None) -> bool:
    if before is None or after is None:
        return before is after
    spot = spot_at(after)
    return _names(before) == _names(after) or (spot is not None and spot.is_secret)


def _names(path: Path) -> list[str]:
    return [key for key in path if isinstance(key, str)]


def uniform(text: str) -> str:
    """Make all marks of a masked text alike, for comparing two of them."""
    return _QUOTED_MARK.sub("<secret>", text)


def _source(text: str, span: _Span) -> str:
    written = text[span.start : span.end]
    # Over several lines it depends on where it stands; on one line it means the same everywhere.
    return written if "\n" not in written and "\r" not in written else json.dumps(span.value, ensure_ascii=False)


def _hidden(text: str, secrets: list[_Span]) -> str:
    pieces: list[str] = []
    end = 0
    for number, span in enumerate(secrets, start=1):
        mark = f"<secret {number}>"
        pieces += [text[end : span.start], mark if span.path is None else f'"{mark}"']
        end = span.end
    return "".join(pieces) + text[end:]


class _Scan:
    """What of a text is secret, and the marks in it, both in their order."""

    def __init__(self, text: str) -> None:
        document_of(text)  # it is YAML, and of a reasonable size
        found = _Walk(text).scalars()
        self.secrets = [span for span, secret in found if secret and not _MARK.fullmatch(span.value)]
        self.marks = [(span, int(mark[1])) for span, _ in found if (mark := _MARK.fullmatch(span.value))]
        for comment in _comments(text, [span for span, _ in found]):
            if _MARK.search(comment[0]):
                self.marks += [(_of_comment(text, comment, mark.span()), int(mark[1])) for mark in _marks_in(comment)]
            elif (place := _secret_of(comment[0])) is not None:
                self.secrets.append(_of_comment(text, comment, place))
        self.secrets.sort(key=lambda span: span.start)
        self.marks.sort(key=lambda mark: mark[0].start)


def _marks_in(comment: re.Match[str]) -> Iterator[re.Match[str]]:
    return _MARK.finditer(comment[0])


def _of_comment(text: str, comment: re.Match[str], place: tuple[int, int]) -> _Span:
    line = text.count("\n", 0, comment.start()) + 1
    return _Span(comment.start() + place[0], comment.start() + place[1], line)


def _comments(text: str, values: list[_Span]) -> Iterator[re.Match[str]]:
    inside = iter(values)
    here = next(inside, None)
    for comment in _COMMENT.finditer(text):
        while here is not None and here.end <= comment.start():
            here = next(inside, None)
        if here is None or comment.start() < here.start:  # else it is a `#` within a value
            yield comment


def _secret_of(comment: str) -> tuple[int, int] | None:
    for pattern in (_SETTING, _QUOTED_SETTING):
        for found in pattern.finditer(comment):
            if _is_literal(found[1].strip("\"'[] ")):
                return found.span(1)
    return (1, len(comment)) if _CREDENTIALS.search(comment) else None


def _is_literal(value: str) -> bool:
    return value not in _NOTHING and not _REFERENCE.fullmatch(value)


def is_secret(path: Path) -> bool:
    """Tell whether what stands at a path must not be shown."""
    for end in range(1, len(path) + 1):
        spot = spot_at(path[:end])
        if spot is None or spot.is_secret:
            return True  # what the station does not know may be a secret whose name is misspelt
    spot = spot_at(path)
    if spot is None or spot.is_section:
        return True
    return spot.is_free and any(isinstance(key, str) and _SECRET_NAME.fullmatch(key) for key in path)


def holds_credentials(value: str) -> bool:
    """Tell whether a value is an address with a password in it."""
    return _CREDENTIALS.search(value) is not None


class _Walk:
    """Goes through PyYAML's events, which know where each value begins and ends."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._loader = yaml.SafeLoader(text)
        self._found: list[_Span] = []
        self._anchors: dict[str, int] = {}
        self._aliased: set[int] = set()

    def scalars(self) -> list[tuple[_Span, bool]]:
        """Give every value in its order, and whether it is a secret."""
        event = self._next()
        while not isinstance(event, yaml.StreamEndEvent):
            if isinstance(event, yaml.NodeEvent):
                self._node(event, ())
            event = self._next()
        return [
            (
                span,
                _is_literal(span.value)
                and (position in self._aliased or is_secret(span.path or ()) or holds_credentials(span.value)),
            )
            for position, span in enumerate(self._found)
        ]

    def _next(self) -> _Event:
        return self._loader.get_event()  # type: ignore[no-untyped-call]

    def _node(self, event: _Event, path: Path) -> None:
        match event:
            case yaml.AliasEvent():
                if is_secret(path) and event.anchor in self._anchors:
                    self._aliased.add(self._anchors[event.anchor])
            case yaml.MappingStartEvent():
                self._mapping(path)
            case yaml.SequenceStartEvent():
                self._sequence(path)
            case yaml.ScalarEvent():
                if event.anchor is not None:
                    self._anchors[event.anchor] = len(self._found)
                self._found.append(self._span(event, path))

    def _mapping(self, path: Path) -> None:
        while not isinstance(key := self._next(), yaml.MappingEndEvent):
            name = str(key.value) if isinstance(key, yaml.ScalarEvent) else ""
            if not isinstance(key, yaml.ScalarEvent):
                self._node(key, (*path, name))
            # What stands after << is merged into its mapping.
            self._node(self._next(), path if name == "<<" else (*path, name))

    def _sequence(self, path: Path) -> None:
        position = 0
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            self._node(event, (*path, position))
            position += 1

    def _span(self, event: _Event, path: Path) -> _Span:
        start, end = event.start_mark.index, event.end_mark.index
        properties = _PROPERTIES.match(self._text, start, end)
        if properties is not None and (event.anchor is not None or event.tag is not None):
            start = properties.end()
        while end > start and self._text[end - 1] in "\r\n":
            end -= 1
        return _Span(start, end, event.start_mark.line + 1, str(event.value), path)
