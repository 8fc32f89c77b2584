"""Reads the configuration's file: bytes, then text, then values with their lines."""

import stat
from pathlib import Path

from station.config.document import Document, DocumentError, MappingNode, Node, ScalarNode, read_document
from station.config.problems import report
from station.domain.errors import ConfigError

MAX_BYTES = 1024 * 1024
"""Largest file that is read."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_TOO_LARGE = f"is larger than {MAX_BYTES // 1024} KiB; a configuration needs far less"
_NEEDED = "write at least a `station` section with `id` and `name`"


def read_source(path: Path) -> Document:
    """Read the file; its outermost value is a mapping.

    Raises:
        ConfigError: If it cannot be read, or is not one YAML mapping.
    """
    try:
        return document_of(text_of(_read_bytes(path)))
    except DocumentError as error:
        raise ConfigError(report([error.problem], str(path)), file=str(path)) from None


def document_of(text: str) -> Document:
    """Read a text whose outermost value is a mapping.

    Raises:
        DocumentError: If it is not one YAML mapping.
    """
    if len(text) > MAX_BYTES:
        raise DocumentError(_TOO_LARGE)
    document = read_document(text)
    _check_root(document.root)
    return document


def _check_root(node: Node) -> None:
    match node:
        case MappingNode():
            return
        case ScalarNode(value=None):
            msg = f"is empty; {_NEEDED}"
            raise DocumentError(msg)
        case _:
            msg = f"is not a mapping (lines of `key: value`); {_NEEDED}"
            raise DocumentError(msg, node.line)


def text_of(content: bytes) -> str:
    """Make text of a file's bytes.

    Raises:
        DocumentError: If they are not UTF-8.
    """
    if content.startswith(_WIDE_MARKS):
        msg = "is saved as UTF-16; save it as UTF-8"
        raise DocumentError(msg)
    content = content.removeprefix(_BYTE_ORDER_MARK)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        msg = f"is not UTF-8 text{_guess(content)}; save the file as UTF-8"
        raise DocumentError(msg, line) from None
    return text


def _read_bytes(path: Path) -> bytes:
    try:
        # A pipe would be waited for without end.
        if not stat.S_ISREG(path.stat().st_mode):
            msg = "is not a file; name a YAML file"
            raise DocumentError(msg)
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        msg = "there is no such file; name one, or begin with a copy of the example"
        raise DocumentError(msg) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        msg = f"cannot be read: {reason}"
        raise DocumentError(msg) from None
    if len(content) > MAX_BYTES:
        raise DocumentError(_TOO_LARGE)
    return content


def _guess(content: bytes) -> str:
    try:
        content.decode("cp949")
    except UnicodeDecodeError:
        return ""
    return " (it looks like EUC-KR)"
