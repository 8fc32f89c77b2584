"""Finds out what a package's drivers can be told by hand: from their methods, and from what the manifest says."""

import inspect
import math
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import JsonValue, ValidationError
from pydantic.fields import FieldInfo

from station.domain.manual import Command, CommandCategory
from station.domain.values import ValueKind, ValueSpec
from station.execution.manifest import ManualCommand
from station.execution.package import Package

NOT_COMMANDS = frozenset({"connect", "disconnect"})
"""Belong to the session alone."""
STANDARD = {
    "identify": CommandCategory.DIAGNOSTIC,
    "is_connected": CommandCategory.DIAGNOSTIC,
    "self_test": CommandCategory.DIAGNOSTIC,
    "make_safe": CommandCategory.CONTROL,
    "reset": CommandCategory.CONTROL,
}
"""Every driver has these, so that no manifest needs to describe them."""
_BEGINNINGS = {
    "measure": CommandCategory.MEASUREMENT,
    "read": CommandCategory.MEASUREMENT,
    "get": CommandCategory.MEASUREMENT,
    "query": CommandCategory.MEASUREMENT,
    "set": CommandCategory.CONFIGURATION,
    "configure": CommandCategory.CONFIGURATION,
}
_KINDS: dict[object, ValueKind] = {str: "string", int: "integer", float: "float", bool: "boolean"}
_RETURNS: dict[object, str] = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def commands_of(package: Package) -> list[Command]:
    """List what each instrument of a package can be told: what the manifest declares first, then the rest as raw."""
    commands: list[Command] = []
    for instrument, driver in package.drivers.items():
        found = dict(_methods(driver))
        declared = [one for one in _declared(package, instrument) if one.name in found]
        commands += [_described(instrument, one, found[one.name]) for one in declared]
        names = {one.name for one in declared}
        rest = [_undescribed(instrument, name, method) for name, method in found.items() if name not in names]
        commands += sorted(rest, key=lambda one: one.raw)
    return commands


def as_arguments(method: Callable[..., Any], given: Mapping[str, JsonValue]) -> dict[str, object]:
    """Turn checked values into what a method wants: members of its enumerations."""
    hints = _hints(method)
    arguments: dict[str, object] = {}
    for name, value in given.items():
        kind = _enumeration(hints.get(name))
        arguments[name] = value if kind is None or value is None else kind(value)
    return arguments


def _declared(package: Package, instrument: str) -> Iterator[ManualCommand]:
    """Give what the manifest says of one instrument: with the instrument, or in the package's own list."""
    seen: set[str] = set()
    for one in package.manifest.hardware[instrument].manual_commands:
        if one.name not in seen:
            seen.add(one.name)
            yield one
    for one in package.manifest.manual_commands:
        owner, dot, name = one.name.rpartition(".")
        named = one.model_copy(update={"name": name}) if dot else one
        if (owner or one.hardware or instrument) == instrument and named.name not in seen:
            seen.add(named.name)
            yield named


def _methods(driver: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Give the methods a person can call, those of the class itself before those of its bases."""
    seen: set[str] = set()
    for cls in driver.__mro__[:-1]:
        for name, member in vars(cls).items():
            if name in seen or name.startswith("_") or name in NOT_COMMANDS:
                continue
            seen.add(name)
            if inspect.isfunction(member) and _can_be_called(member):
                yield name, member


def _can_be_called(method: Callable[..., Any]) -> bool:
    """Whether every argument the method insists on can be given by its name."""
    _, *parameters = inspect.signature(method).parameters.values()
    return not any(
        one.kind is inspect.Parameter.POSITIONAL_ONLY and one.default is inspect.Parameter.empty for one in parameters
    )


def _described(instrument: str, said: ManualCommand, method: Callable[..., Any]) -> Command:
    arguments = _arguments(method)
    for name, spec in said.parameters.items():
        if name in arguments:
            arguments[name] = _merge(arguments[name], spec)
    return Command(
        instrument=instrument,
        name=said.name,
        title=said.display_name or _title(said.name),
        category=_category(said.category),
        description=said.description or _description(method),
        arguments=arguments,
        returns=_said_returns(said.returns) or _returns(method),
        confirm=said.confirm,
    )


def _undescribed(instrument: str, name: str, method: Callable[..., Any]) -> Command:
    raw = name not in STANDARD
    return Command(
        instrument=instrument,
        name=name,
        title=_title(name),
        category=STANDARD.get(name) or _BEGINNINGS.get(name.partition("_")[0], CommandCategory.CONTROL),
        description=_description(method),
        arguments=_arguments(method),
        returns=_returns(method),
        confirm=raw,
        raw=raw,
    )


def _arguments(method: Callable[..., Any]) -> dict[str, ValueSpec]:
    hints = _hints(method)
    _, *parameters = inspect.signature(method).parameters.values()
    taken = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {one.name: _argument(one, hints.get(one.name)) for one in parameters if one.kind in taken}


def _argument(parameter: inspect.Parameter, hint: object) -> ValueSpec:
    """Say what may be given for one parameter, as far as its annotation tells."""
    kind, told = _without_none(hint), {}
    if get_origin(kind) is Annotated:
        kind, *notes = get_args(kind)
        kind = _without_none(kind)
        for note in notes:
            told.update(_note(note))
    options: list[JsonValue] | None = None
    if get_origin(kind) is Literal:
        options = list(get_args(kind))
    elif (enumeration := _enumeration(kind)) is not None:
        options = [member.value for member in enumeration]
    default = parameter.default
    default = default.value if isinstance(default, Enum) else default
    usable = isinstance(default, bool | int | float | str)
    return ValueSpec(
        type=_KINDS.get(kind) if options is None else None,
        options=options,
        default=default if usable else None,
        required=parameter.default is inspect.Parameter.empty,
        **told,
    )


def _note(note: object) -> dict[str, Any]:
    """Read one note of an `Annotated`: pydantic's Field, or what stands in it (`ge`, `gt`, `le`, `lt`)."""
    told: dict[str, Any] = {}
    if isinstance(note, FieldInfo):
        for inner in note.metadata:
            told.update(_note(inner))
        if note.description:
            told["description"] = note.description
        if isinstance(note.json_schema_extra, dict) and isinstance(note.json_schema_extra.get("unit"), str):
            told["unit"] = note.json_schema_extra["unit"]
        return told
    for word, bound, towards in (("ge", "min", 0), ("gt", "min", math.inf), ("le", "max", 0), ("lt", "max", -math.inf)):
        value = getattr(note, word, None)
        if isinstance(value, int | float):
            told[bound] = math.nextafter(value, towards) if towards else value
    return told


def _merge(found: ValueSpec, said: ValueSpec) -> ValueSpec:
    """Let the manifest's words win over the method's, where it has any."""
    given = {name: getattr(said, name) for name in said.model_fields_set if name in ValueSpec.model_fields}
    required = found.required and said.default is None  # the method knows best; a default of the manifest helps
    merged = found.model_dump() | given | {"required": required}
    try:
        return ValueSpec.model_validate(merged)
    except ValidationError:  # the method's own default lies outside of what the manifest allows
        return ValueSpec.model_validate(merged | {"default": None, "required": True})


def _hints(method: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(method, include_extras=True)
    except Exception:  # noqa: BLE001 - annotations are the author's code, and may name anything
        return {}


def _without_none(hint: object) -> object:
    if get_origin(hint) in {Union, types.UnionType}:
        others = [one for one in get_args(hint) if one is not type(None)]
        return others[0] if len(others) == 1 else None
    return hint


def _enumeration(hint: object) -> type[Enum] | None:
    kind = _without_none(hint)
    if get_origin(kind) is Annotated:
        kind = _without_none(get_args(kind)[0])
    return kind if inspect.isclass(kind) and issubclass(kind, Enum) else None


def _category(word: str) -> CommandCategory:
    try:
        return CommandCategory(word.strip().lower())
    except ValueError:
        return CommandCategory.CONTROL


def _description(method: Callable[..., Any]) -> str:
    return (inspect.getdoc(method) or "").partition("\n\n")[0].replace("\n", " ").strip()


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _said_returns(said: JsonValue) -> str:
    if isinstance(said, dict):
        return str(said.get("unit") or said.get("type") or "")
    return "" if said is None else str(said)


def _returns(method: Callable[..., Any]) -> str:
    return _RETURNS.get(_without_none(_hints(method).get("return")), "")
