"""The tree of settings as its JSON schema describes it: which keys there are, and what may stand at each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from pydantic import JsonValue
from pydantic.json_schema import GenerateJsonSchema

from station.config.codes import Wanted
from station.config.kinds import KIND, UNIT, WANTED
from station.config.model import StationConfig

_TYPE_NAMES = {"string": "text", "boolean": "true or false", "integer": "a whole number", "number": "a number"}

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the file to one value."""


class _Generator(GenerateJsonSchema):
    """Writes defaults as people write them in YAML."""

    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401 - pydantic's signature
        """Write a duration as its seconds."""
        if isinstance(dft, timedelta):
            seconds = dft.total_seconds()
            return int(seconds) if seconds.is_integer() else seconds
        return super().encode_default(dft)


@cache
def raw_schema() -> dict[str, Any]:
    """Give the JSON schema of the configuration; shared, so not to be changed."""
    schema = StationConfig.model_json_schema(schema_generator=_Generator)
    _tidy(schema)
    return schema


def _tidy(node: object) -> None:
    # Titles repeat the key, defaults of sections repeat those of their settings.
    if isinstance(node, list):
        for item in node:
            _tidy(item)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("title"), str):
        del node["title"]
    if "$ref" in node and isinstance(node.get("default"), dict):
        del node["default"]
    for child in node.values():
        _tidy(child)


@dataclass(frozen=True)
class Spot:
    """One place of the tree: a section, a setting, an item of a list, or free data below a setting."""

    schema: dict[str, Any]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of a section, in their order; none for anything else."""
        return tuple(self.schema.get("properties", ()))

    @property
    def is_section(self) -> bool:
        """Whether this has settings of its own."""
        return "properties" in self.schema

    @property
    def is_free(self) -> bool:
        """Whether any data may stand here: settings of instruments, parameters of sequences."""
        return not self.is_section and (self.schema.get("type") == "object" or not self.schema)

    @property
    def is_secret(self) -> bool:
        """Whether the value must not be shown."""
        return self.schema.get("format") == "password" or _items(self.schema).get("format") == "password"

    @property
    def is_text(self) -> bool:
        """Whether the value is text as it stands, so that `"8080"` and `yes` need no quotes."""
        return "string" in _types(self.schema)

    @property
    def choices(self) -> tuple[str, ...]:
        """The values to choose from; none if it is not a choice."""
        alone: tuple[str, ...] = (self.schema["const"],) if "const" in self.schema else ()
        return tuple(self.schema.get("enum", alone))

    @property
    def unit(self) -> str:
        """The unit of a number, or nothing."""
        return next((option[UNIT] for option in _options(self.schema) if UNIT in option), "")

    @property
    def expected(self) -> str:
        """What must be written here, to follow "must be"."""
        return " or ".join(_words(option) for option in _options(self.schema))

    @property
    def wanted(self) -> list[JsonValue]:
        """The same as data: what each alternative is, and its bounds."""
        return [_wanted(option) for option in _options(self.schema)]

    def child(self, key: str | int) -> "Spot | None":
        """Give the place one step further down, or None if there is none."""
        for option in _options(self.schema):
            if isinstance(key, int):
                if "items" in option:
                    return Spot(_resolved(option["items"]))
            elif key in option.get("properties", {}):
                return Spot(_resolved(option["properties"][key]))
            elif isinstance(option.get("additionalProperties"), dict):
                return Spot(_resolved(option["additionalProperties"]))
        return Spot({}) if not self.schema else None


def root() -> Spot:
    """Give the top of the tree."""
    return Spot(raw_schema())


def spot_at(path: Path) -> Spot | None:
    """Give the place a path names, or None if the configuration has no such place."""
    spot: Spot | None = root()
    for key in path:
        if spot is None:
            return None
        spot = spot.child(key)
    return spot


def settings(spot: Spot | None = None, path: Path = ()) -> Iterator[tuple[Path, Spot]]:
    """Give every section and setting below a place, itself first; items of lists have the position 0."""
    here = root() if spot is None else spot
    yield path, here
    for key in here.keys:
        child = here.child(key)
        if child is not None:
            yield from settings(child, (*path, key))
    item = here.child(0)
    if item is not None and item.is_section:
        yield from settings(item, (*path, 0))


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    if reference is None:
        return node
    target: dict[str, Any] = raw_schema()["$defs"][reference.rpartition("/")[2]]
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


def _options(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [_resolved(option) for option in node.get("anyOf", [node])]


def _items(node: dict[str, Any]) -> dict[str, Any]:
    items: dict[str, Any] = node.get("items", {})
    return items


def _types(node: dict[str, Any]) -> list[str]:
    types = node.get("type", [])
    return types if isinstance(types, list) else [types]


def _words(node: dict[str, Any]) -> str:
    if KIND in node:
        return str(node[KIND])
    if "const" in node:
        return f'"{node["const"]}"'
    if "enum" in node:
        return "one of " + ", ".join(f'"{choice}"' for choice in node["enum"])
    match _types(node):
        case ["object"]:
            return "a mapping (lines of `key: value`)"
        case ["array"]:
            return 'a list (lines that begin with "- ")' + (" with at least one item" if node.get("minItems") else "")
        case ["null"]:
            return "null"
        case ["integer" | "number" as kind]:
            number = "a number of seconds" if node.get(UNIT) == "s" else _TYPE_NAMES[kind]
            return number + _bounds(node)
        case [str() as kind]:
            return _TYPE_NAMES[kind] + _length(node)
        case _:
            return "any value"


def _wanted(node: dict[str, Any]) -> JsonValue:
    if WANTED in node:
        return {"kind": node[WANTED]}
    if "const" in node or "enum" in node:
        return {"kind": Wanted.CHOICE, "of": list(node.get("enum", [node.get("const")]))}
    match _types(node):
        case ["object"]:
            return {"kind": Wanted.MAPPING}
        case ["array"]:
            return {"kind": Wanted.LIST, "least": node.get("minItems", 0)}
        case ["null"]:
            return {"kind": Wanted.NULL}
        case ["integer" | "number" as kind]:
            number = Wanted.SECONDS if node.get(UNIT) == "s" else Wanted(kind)
            bounds = {"low": node.get("minimum"), "above": node.get("exclusiveMinimum"), "high": node.get("maximum")}
            return {"kind": number, **{name: bound for name, bound in bounds.items() if bound is not None}}
        case ["boolean"]:
            return {"kind": Wanted.BOOLEAN}
        case ["string"]:
            return {"kind": Wanted.TEXT, **({"most": node["maxLength"]} if "maxLength" in node else {})}
        case _:
            return {"kind": Wanted.ANY}


def _bounds(node: dict[str, Any]) -> str:
    most = node.get("maximum")
    if "exclusiveMinimum" in node:
        return f", more than {node['exclusiveMinimum']} and at most {most}"
    return f" from {node['minimum']} to {most}"


def _length(node: dict[str, Any]) -> str:
    return f" of at most {node['maxLength']} characters" if "maxLength" in node else ""
