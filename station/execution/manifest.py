"""What a package's manifest.yaml says: who it is, its instruments, parameters, steps, limits and defects."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, JsonValue, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from station.domain.measurement import (
    EqualsLimit,
    Limit,
    OneOfLimit,
    RangeLimit,
    RegexLimit,
    Scalar,
    WithinPercentLimit,
)
from station.domain.plan import RecoveryMode
from station.domain.prompt_fields import Words
from station.domain.values import ValueSpec
from station.execution.decorators import OnError, OnFailure, is_step_name, timeout_problem
from station.execution.findings import Finding
from station.execution.prompt_spec import PromptSpec
from station.execution.safe_yaml import MAX_BYTES, YamlRefusedError, read_yaml
from station.execution.section import Section

MANIFEST = "manifest.yaml"


class EntryPoint(Section):
    """Where the sequence class is; `module` is a file of the package without `.py`."""

    module: str = "sequence"
    class_name: str = Field(alias="class")
    cli_main: str | None = None


class Modes(Section):
    """How the package may be used."""

    automatic: bool = True
    manual: bool = False
    interactive: bool = False
    cli: bool = False


class ManualCommand(Section):
    """A driver's method that an operator may call by hand.

    Attributes:
        name: The method; in the package's own list also `dmm.measure_dc`.
        category: measurement, control, configuration or diagnostic; any other word counts as control.
        parameters: What may be given: by name, as a list of names, or as a list of mappings with a `name`.
        returns: Unit or kind of what comes back, for people.
        confirm: Whether somebody must say a second time that it is meant: it moves, switches on, or cannot be undone.
        hardware: In the package's own list: the instrument; none: every instrument that has such a method.
    """

    name: str
    display_name: str | None = None
    category: str = "control"
    description: str = ""
    parameters: dict[str, ValueSpec] = Field(default_factory=dict)
    returns: JsonValue = None
    confirm: bool = False
    hardware: str | None = None

    @field_validator("parameters", mode="before")
    @classmethod
    def _in_any_shape(cls, given: object) -> object:
        if given is None:
            return {}
        if isinstance(given, list):
            named = {one if isinstance(one, str) else one.get("name"): one for one in given if _names_something(one)}
            return {name: _value_spec(one) for name, one in named.items()}
        if isinstance(given, dict):
            return {name: _value_spec({"type": one} if isinstance(one, str) else one) for name, one in given.items()}
        return given


_KINDS = {"str": "string", "text": "string", "int": "integer", "number": "float", "double": "float", "bool": "boolean"}
"""Words that older manifests have for the kinds of values."""


def _names_something(given: object) -> bool:
    return isinstance(given, str) or (isinstance(given, dict) and isinstance(given.get("name"), str))


def _value_spec(given: object) -> object:
    """Read what a command's parameter may be: a mapping as elsewhere, the word for its kind, or nothing at all."""
    if isinstance(given, ValueSpec):
        return given
    told: dict[str, Any] = {}
    if isinstance(given, dict):
        told = {key: value for key, value in given.items() if key != "name"}
    kind = told.pop("type", None)
    if isinstance(kind, str):
        kind = _KINDS.get(kind.lower(), kind.lower())
        if kind in {"string", "integer", "float", "boolean"}:
            told["type"] = kind
    return told


class HardwareSpec(Section):
    """One instrument the package needs.

    Attributes:
        driver: `./drivers/dmm.py`, `drivers.dmm` or `dmm`.
        class_name: The driver's class in that file.
        config_schema: What station.yaml must say about the instrument.
    """

    display_name: str | None = None
    driver: str
    class_name: str = Field(alias="class")
    description: str = ""
    config_schema: dict[str, ValueSpec] = Field(default_factory=dict)
    manual_commands: list[ManualCommand] = Field(default_factory=list)


class StepManual(Section):
    """How a step behaves when a person runs the sequence step by step."""

    skippable: bool = True
    auto_only: bool = False
    prompt: str | None = None
    pause_before: bool = False
    pause_after: bool = False
    parameter_overrides: list[str] = Field(default_factory=list)


class StepSpec(Section):
    """What the manifest says about a step; what it says wins over the decorator.

    Attributes:
        lifecycle: The entry describes setup or teardown, which are not steps.
    """

    name: str
    display_name: str | None = None
    order: int | None = Field(default=None, ge=0)
    timeout: float | None = None
    estimated_duration: float | None = None
    retry: int | None = Field(default=None, ge=0)
    cleanup: bool | None = None
    lifecycle: bool | str | None = None
    description: str = ""
    manual: StepManual = Field(default_factory=StepManual)
    condition: str | None = None
    needs: list[str] | None = None
    uses: list[str] | None = None
    repeatable: bool | None = None
    rearm: bool | None = None
    on_error: OnError | None = None
    on_fail: OnFailure | None = None
    segment: float | None = None
    prompt: PromptSpec | None = None

    @field_validator("name")
    @classmethod
    def _can_be_called_so(cls, name: str) -> str:
        if not is_step_name(name):
            msg = f"{name!r} must begin with a letter or `_` and go on with letters, digits, `_` or `-`"
            raise ValueError(msg)
        return name

    @model_validator(mode="after")
    def _times_make_sense(self) -> "StepSpec":
        problem = timeout_problem(self.timeout, self.segment)
        if problem is not None:
            raise ValueError(problem)
        return self


class LimitSpec(Section):
    """What a measurement is judged against: low and high, equals, one_of, regex, or nominal and percent."""

    low: float | None = None
    high: float | None = None
    equals: Scalar = None
    one_of: list[Scalar] | None = None
    regex: str | None = None
    nominal: float | None = None
    percent: float | None = None
    unit: str = ""

    @model_validator(mode="after")
    def _is_one_kind(self) -> "LimitSpec":
        self.limit()
        return self

    def limit(self) -> Limit | None:
        """Give the limit itself.

        Returns:
            The limit; None where only a unit is given.
        """
        given = self.model_fields_set & {"low", "high", "equals", "one_of", "regex", "nominal", "percent"}
        return make_limit({name: getattr(self, name) for name in given})


class RecoverySpec(Section):
    """The package's own wish for what happens after a crash; it wins over the station's setting."""

    mode: RecoveryMode | None = None
    confirm_resume: bool | None = None


class Dependencies(Section):
    """What must be installed beside the station."""

    python: list[str] = Field(default_factory=list)


class Manifest(Section):
    """The whole manifest.

    Attributes:
        name: An identifier, the same as the folder.
        version: X.Y.Z.
        display_name: What people call it: a text, or one for each language (`ko`, `en`).
        description: What it tests: a text, or one for each language.
    """

    name: str
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    display_name: str | Words = ""
    author: str = ""
    description: str | Words = ""
    created_at: Any = None
    updated_at: Any = None
    entry_point: EntryPoint
    modes: Modes = Field(default_factory=Modes)
    hardware: dict[str, HardwareSpec] = Field(default_factory=dict)
    parameters: dict[str, ValueSpec] = Field(default_factory=dict)
    steps: list[StepSpec] = Field(default_factory=list)
    dependencies: Dependencies = Field(default_factory=Dependencies)
    limits: dict[str, LimitSpec] = Field(default_factory=dict)
    defects: dict[str, str] = Field(default_factory=dict)
    recovery: RecoverySpec = Field(default_factory=RecoverySpec)
    manual_commands: list[ManualCommand] = Field(default_factory=list)

    @field_validator("name")
    @classmethod
    def _is_identifier(cls, name: str) -> str:
        if not name.isidentifier():
            msg = f"{name!r} must be an identifier: letters, digits and `_`, no digit first"
            raise ValueError(msg)
        return name

    @field_validator("hardware", "parameters")
    @classmethod
    def _keys_are_identifiers(cls, section: dict[str, Any]) -> dict[str, Any]:
        for name in section:
            if not name.isidentifier():
                msg = f"{name!r} must be an identifier, because it becomes an attribute of the sequence"
                raise ValueError(msg)
        return section


def make_limit(given: dict[str, Any]) -> Limit | None:
    """Make a limit of its keywords (low, high, equals, one_of, regex, nominal, percent); None of no keywords.

    Raises:
        ValueError: If the keywords do not belong together, or no value could ever pass.
    """
    kinds = [
        kind
        for kind in ({"low", "high"}, {"equals"}, {"one_of"}, {"regex"}, {"nominal", "percent"})
        if kind & given.keys()
    ]
    if not kinds:
        return None
    if len(kinds) > 1:
        msg = f"{', '.join(sorted(given))} do not go together; a measurement has one limit"
        raise ValueError(msg)
    try:
        return _limit_of_one_kind(given)
    except ValidationError as error:
        raise ValueError(
            "; ".join(problem["msg"].removeprefix("Value error, ") for problem in error.errors())
        ) from None


def _limit_of_one_kind(given: dict[str, Any]) -> Limit:
    if "equals" in given:
        return EqualsLimit(expected=given["equals"])
    if "one_of" in given:
        return OneOfLimit(choices=tuple(given["one_of"] or ()))
    if "regex" in given:
        return RegexLimit(pattern=given["regex"])
    if given.keys() & {"nominal", "percent"}:
        if given.get("nominal") is None or given.get("percent") is None:
            msg = "nominal and percent are given together or not at all"
            raise ValueError(msg)
        return WithinPercentLimit(nominal=given["nominal"], percent=given["percent"])
    return RangeLimit(low=given.get("low"), high=given.get("high"))


def parse_manifest(text: str) -> tuple[Manifest | None, list[Finding]]:
    """Read a manifest and say everything that is wrong or unknown in it.

    Returns:
        The manifest, or None where an error makes it unusable, and the findings.
    """
    try:
        document, lines = read_yaml(text)
    except YamlRefusedError as error:
        return None, [Finding(code="INVALID_YAML", file=MANIFEST, line=error.line, message=f"not usable YAML: {error}")]
    if not isinstance(document, dict):
        message = "the file must be a mapping that begins with `name:`, `version:` and `entry_point:`"
        return None, [Finding(code="INVALID_SCHEMA", file=MANIFEST, line=1, message=message)]
    try:
        manifest = Manifest.model_validate(document)
    except ValidationError as error:
        return None, [_schema_finding(problem, lines) for problem in error.errors(include_url=False)]
    return manifest, [
        Finding(
            code="UNKNOWN_KEY",
            severity="warning",
            file=MANIFEST,
            line=lines.get(path),
            message=f"`{_dotted(path)}` means nothing to the station; it is kept and ignored (misspelt?)",
        )
        for path in _unknown_keys(manifest)
    ]


def manifest_in(root: Path) -> tuple[Manifest | None, list[Finding]]:
    """Read the manifest of a package's folder, as `parse_manifest` does; a file that is not there is a finding too."""
    file = root / MANIFEST
    if not file.is_file():
        message = f"the package has no {MANIFEST}; write one that begins with `name: {root.name}`"
        return None, [Finding(code="MISSING_FILE", file=MANIFEST, message=message)]
    with file.open("rb") as stream:
        content = stream.read(MAX_BYTES + 1)  # more than that is refused, and nobody wants it in memory
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(content) <= MAX_BYTES:
            message = f"not usable YAML: byte {error.start} is not UTF-8; save the file as UTF-8"
            return None, [Finding(code="INVALID_YAML", file=MANIFEST, message=message)]
        text = content.decode("utf-8", errors="replace")
    return parse_manifest(text.replace("\r\n", "\n"))


def _schema_finding(problem: ErrorDetails, lines: dict[tuple[str | int, ...], int]) -> Finding:
    path = tuple(part for part in problem["loc"] if not (isinstance(part, str) and _is_union_tag(part)))
    line = next((lines[path[:length]] for length in range(len(path), -1, -1) if path[:length] in lines), None)
    what = problem["msg"].removeprefix("Value error, ")
    where = f"`{_dotted(path)}`: " if path else ""
    return Finding(code="INVALID_SCHEMA", file=MANIFEST, line=line, message=f"{where}{what}")


def _is_union_tag(part: str) -> bool:
    return part in {"float", "int", "str", "bool", "none", "constrained-str"}


def _dotted(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _unknown_keys(part: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Walk the models and give the path of each key that no field took."""
    if isinstance(part, PromptSpec):  # it has looked at its keys itself
        return
    if isinstance(part, BaseModel):
        for key in part.model_extra or {}:
            yield (*path, key)
        for name, field in type(part).model_fields.items():
            yield from _unknown_keys(getattr(part, name), (*path, field.alias or name))
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from _unknown_keys(value, (*path, key))
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from _unknown_keys(value, (*path, index))
