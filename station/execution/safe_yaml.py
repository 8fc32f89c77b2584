"""Reads YAML that somebody else wrote: bounded in size, depth and expansion, no key twice, lines remembered."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_NODES = 20_000
"""After following every alias; an alias bomb has millions."""

Path = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """Takes only `true` and `false` for truth values, as YAML 1.2 does: a step may be called `on` or `off`."""


_BOOL = "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOL]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOL, re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


class YamlRefusedError(ValueError):
    """The text is not YAML, or is YAML no manifest needs.

    Attributes:
        line: Counted from 1; None where no line can be named.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read_yaml(text: str) -> tuple[Any, dict[Path, int]]:
    """Read a document.

    Returns:
        The document and the line (from 1) of each of its keys, by path.

    Raises:
        YamlRefusedError: If the text is not YAML, too large, too deep, expands too far, or has a key twice.
    """
    if len(text.encode()) > MAX_BYTES:
        msg = f"the file is larger than {MAX_BYTES // 1024} KiB"
        raise YamlRefusedError(msg)
    try:
        _check_depth(text)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None, {}
            _check_expansion(node)
            lines = dict(_lines(node))
            return loader.construct_document(node), lines
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        raise YamlRefusedError(error.problem or str(error), line) from error
    except YamlRefusedError:
        raise
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise YamlRefusedError(str(error)) from error


def _check_depth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            msg = f"it is nested deeper than {MAX_DEPTH} levels"
            raise YamlRefusedError(msg, None if event.start_mark is None else event.start_mark.line + 1)


def _check_expansion(root: yaml.Node) -> None:
    """Walk the tree as if every alias were written out; a node that contains itself never ends and is caught too.

    Raises:
        YamlRefusedError: If there are too many values.
    """
    waiting = [root]
    seen = 0
    while waiting:
        seen += 1
        if seen > MAX_NODES:
            msg = f"its aliases expand to more than {MAX_NODES} values"
            raise YamlRefusedError(msg)
        node = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            _check_keys(node)
            waiting += [part for pair in node.value for part in pair]


def _check_keys(node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
            continue
        if key.value in seen:
            msg = f"the key {key.value!r} is written twice in one place"
            raise YamlRefusedError(msg, key.start_mark.line + 1)
        seen.add(key.value)


def _lines(node: yaml.Node, path: Path = ()) -> Iterator[tuple[Path, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _lines(item, (*path, index))
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = (*path, str(key.value))
            yield from _lines(value, place)
            yield place, key.start_mark.line + 1
