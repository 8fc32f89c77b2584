"""Says what pydantic found wrong in the words of station.yaml: line, key, what is wrong, what to write."""

from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from station.config.codes import ProblemCode
from station.config.document import Node, line_of, node_at
from station.config.environment import Filled
from station.config.instruments import SHARED, clashes
from station.config.problems import Problem, closest, dotted, shown
from station.config.tree import Path, Spot, spot_at

_ABSENT = object()


@dataclass(frozen=True)
class Sources:
    """Where the values come from: the file's lines, and the environment."""

    tree: Node
    filled: Filled

    def problem(self, path: Path, code: ProblemCode, text: str, **params: JsonValue) -> Problem:
        """Make a problem that names the variable or the line behind a path."""
        variable = self._variable(path)
        if variable is not None:
            return Problem(text, path, variable=variable, code=code, params=params)
        return Problem(text, path, line_of(self.tree, path), code=code, params=params)

    def place(self, path: Path) -> str:
        """Say where a path comes from: a variable or a line."""
        variable = self._variable(path)
        return variable if variable is not None else f"line {line_of(self.tree, path)}"

    def _variable(self, path: Path) -> str | None:
        variables = self.filled.variables
        for end in range(len(path), 0, -1):
            if path[:end] in variables:
                return variables[path[:end]]
        parent = path[:-1]
        if node_at(self.tree, parent) is not None:
            return None
        # What surrounds it is not in the file: overrides have made it.
        return next((name for place, name in variables.items() if place[: len(parent)] == parent), None)

    def value(self, path: Path) -> Any:  # noqa: ANN401 - plain data of any shape
        """Give what stands at a path, or `_ABSENT`."""
        here = self.filled.data
        for key in path:
            try:
                here = here[key]
            except (KeyError, IndexError, TypeError):
                return _ABSENT
        return here

    def may_show(self, path: Path) -> bool:
        """Tell whether a value stands in the file as it is; what comes from the environment may be secret."""
        beginnings = {path[:end] for end in range(1, len(path) + 1)}
        return not beginnings & (self.filled.referenced | self.filled.variables.keys())


def explain(error: ValidationError, sources: Sources) -> list[Problem]:
    """Make a problem of each thing that pydantic refused."""
    details = error.errors(include_url=False, include_input=False)
    unknown: list[Path] = [tuple(detail["loc"]) for detail in details if detail["type"] == "extra_forbidden"]
    # A key that is missing because it is misspelt is one mistake, and the misspelling says where.
    misspelt = {(*path[:-1], _meant(path)) for path in unknown}
    found = (
        _problem(detail, sources)
        for detail in details
        if detail["type"] != "missing" or tuple(detail["loc"]) not in misspelt
    )
    return [problem for problem in found if problem is not None]


def duplicate_ids(sources: Sources) -> list[Problem]:
    """Find batches that share an id, naming the lines of both."""
    batches = sources.value(("batches",))
    first: dict[str, Path] = {}
    problems = []
    for index in range(len(batches) if isinstance(batches, list) else 0):
        path: Path = ("batches", index, "id")
        batch_id = sources.value(path)
        if not isinstance(batch_id, str):
            continue
        if batch_id in first:
            place = sources.place(first[batch_id])
            name = f" {shown(batch_id)}" if sources.may_show(path) else ""
            other = dotted(first[batch_id][:-1])
            text = f"the id{name} is that of {other} too ({place}); give each batch its own"
            known: JsonValue = batch_id if name else None
            problems.append(sources.problem(path, ProblemCode.BATCH_ID_TWICE, text, id=known, other=other, place=place))
        else:
            first[batch_id] = path
    return problems


def double_instruments(sources: Sources) -> list[Problem]:
    """Find instruments that two batches have without saying that they share them, naming the lines of both."""
    batches = sources.value(("batches",))
    found = []
    for clash in clashes([_hardware(batch) for batch in batches] if isinstance(batches, list) else []):
        path = _instrument(clash.place)
        if clash.earlier is None:
            clashing = ProblemCode.INSTRUMENT_CLASH
            found.append(sources.problem((*path, SHARED), clashing, clash.text, said=clash.text))
            continue
        earlier = _instrument(clash.earlier)
        place, other = sources.place(earlier), dotted(earlier)
        text = f"clashes with {other} ({place}): {clash.text}"
        params: dict[str, JsonValue] = {"other": other, "place": place, "said": clash.text}
        found.append(sources.problem(path, ProblemCode.INSTRUMENT_CLASH, text, **params))
    return found


def _hardware(batch: object) -> dict[str, dict[str, object]]:
    hardware = batch.get("hardware") if isinstance(batch, dict) else None
    instruments = hardware if isinstance(hardware, dict) else {}
    return {name: given for name, given in instruments.items() if isinstance(given, dict)}


def _instrument(place: tuple[int, str]) -> Path:
    return ("batches", place[0], "hardware", place[1])


def _problem(detail: ErrorDetails, sources: Sources) -> Problem | None:
    path: Path = tuple(detail["loc"])
    spot = spot_at(path)
    match detail["type"]:
        case "duplicate_id" | "instrument_clash":
            return None  # `duplicate_ids`, `double_instruments` say it better, and beside other problems too
        case "missing":
            wanted = f"it must be {spot.expected}" if spot is not None else "it is required"
            kinds = spot.wanted if spot is not None else []
            return sources.problem(path, ProblemCode.SETTING_MISSING, f"is missing; {wanted}", wanted=kinds)
        case "extra_forbidden":
            return _unknown_key(path, sources)
        case "refused":
            own = detail.get("ctx", {})
            return sources.problem(path, own["code"], own["text"], **own["params"])
        case "value_error" if "error" in (context := detail.get("ctx", {})):
            text = str(context["error"])
            return sources.problem(path, ProblemCode.SETTING_REFUSED, text, said=text)
    value = sources.value(path)
    if value is _ABSENT:
        return None  # made of another value (`backend.station_id` of `station.id`), which is reported itself
    if spot is None:
        return sources.problem(path, ProblemCode.SETTING_REFUSED, "cannot be used here", said="")
    may_show = sources.may_show(path)
    text = f"must be {spot.expected}" + _instead_of(value, spot, may_show)
    given = _given(value, spot, may_show)
    return sources.problem(path, ProblemCode.SETTING_WRONG, text, wanted=spot.wanted, given=given)


def _meant(path: Path) -> str | None:
    section = spot_at(path[:-1])
    return closest(str(path[-1]), section.keys) if section is not None else None


def _unknown_key(path: Path, sources: Sources) -> Problem:
    meant = _meant(path)
    if meant is not None:
        return sources.problem(path, ProblemCode.SETTING_UNKNOWN, f'unknown key; did you mean "{meant}"?', meant=meant)
    section = spot_at(path[:-1])
    place, known = dotted(path[:-1]), ", ".join(section.keys if section is not None else ())
    text = f"unknown key; {place or 'the configuration'} has {known}"
    return sources.problem(path, ProblemCode.SETTING_UNKNOWN, text, place=place, known=known)


def _given(value: object, spot: Spot, may_show: bool) -> JsonValue:
    """What stands there, as data: nothing, a mapping, a list, a value, or one that is not shown."""
    match value:
        case None:
            return {"kind": "nothing"}
        case dict():
            return {"kind": "mapping"}
        case list():
            return {"kind": "list"}
    if spot.is_secret or spot.is_section or spot.is_free or not may_show:
        return {"kind": "hidden"}
    meant = closest(value, spot.choices) if isinstance(value, str) else None
    return {"kind": "value", "value": shown(value), "meant": meant}


def _instead_of(value: object, spot: Spot, may_show: bool) -> str:
    if value is None:
        return ", not empty"
    if isinstance(value, dict):
        return ", not a mapping"
    if isinstance(value, list):
        return ", not a list" if value else ", not an empty list"
    is_choice = bool(spot.choices)
    quotes = "; put it in quotes" if spot.is_text and not is_choice and not isinstance(value, str) else ""
    # Where a section belongs, one of its secrets may have been written.
    if spot.is_secret or spot.is_section or spot.is_free or not may_show:
        return f"; the value is not shown, it may be secret{quotes}"
    meant = closest(value, spot.choices) if isinstance(value, str) else None
    return f", not {shown(value)}" + (f'; did you mean "{meant}"?' if meant else quotes)
