"""What a step has measured so far: each value judged once, under one name."""

from collections.abc import Mapping

from pydantic import JsonValue, ValidationError

from station.domain.measurement import EqualsLimit, Limit, Measurement, judge
from station.domain.outcome import Outcome
from station.domain.plan import Plan
from station.execution.jsonable import to_json
from station.execution.manifest import Manifest, make_limit

_SPEC_KEYS = {"value", "unit", "low", "high", "min", "max", "equals", "one_of", "regex", "nominal", "percent"}


class Recorder:
    """The measurements of one attempt, in the order they were made."""

    def __init__(self, manifest: Manifest, plan: Plan | None) -> None:
        self._units = {name: spec.unit for name, spec in manifest.limits.items()}
        self._limits: Mapping[str, Limit] = plan.limits if plan is not None else {}
        self._made: dict[str, Measurement] = {}
        self._answers: set[str] = set()

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """What was measured, in order."""
        return tuple(self._made.values())

    @property
    def failures(self) -> tuple[str, ...]:
        """Names of what is out of limits, in order."""
        return tuple(made.name for made in self._made.values() if made.outcome is Outcome.FAILED)

    def record(self, name: str, value: object, unit: str, limit: Limit | None) -> Measurement:
        """Judge a value and keep it.

        Raises:
            ValueError: If the name was used before, is none, or the unit is not the one the limit speaks of.
        """
        if name in self._made and name not in self._answers:
            msg = f"{name} was measured already in this step; give each value its own name, as in {name}_2"
            raise ValueError(msg)
        declared = self._units.get(name, "")
        if limit is None:
            limit = self._limits.get(name)
            if limit is not None and unit and declared and unit != declared:
                msg = f"it is in {unit}, but the manifest's limit is in {declared}; convert the value"
                raise ValueError(msg)
        kept = to_json(value, f"the value of {name}")
        try:
            measurement = Measurement(
                name=name, value=kept, unit=unit or declared, limit=limit, outcome=judge(kept, limit)
            )
        except ValidationError as error:
            msg = "the name must begin with a letter or `_`, go on with letters, digits, `_`, `.` or `-`, and be short"
            raise ValueError(msg) from error
        self._answers.discard(name)
        self._made[name] = measurement
        return measurement

    def keep_answer(self, measurement: Measurement) -> bool:
        """Keep what a person answered, unless the step has measured something of that name; it may do so later."""
        if measurement.name in self._made:
            return False
        self._answers.add(measurement.name)
        self._made[measurement.name] = measurement
        return True

    def take_returned(self, returned: Mapping[str, object]) -> list[Measurement]:
        """Make measurements of what a step returned: its scalars, and dicts of the form `{"value": ..., "low": ...}`.

        Names that were measured by `ctx.measure` are left alone. `passed` is a verdict: anything but True FAILS.

        Raises:
            ValueError: If a limit among them makes no sense.
        """  # noqa: DOC502 - raised by the helpers
        inner = returned.get("measurements")
        together = {**returned, **(inner if isinstance(inner, Mapping) else {})}
        return [
            measurement
            for name, value in together.items()
            if name not in self._made and (measurement := self._from_returned(name, value)) is not None
        ]

    def _from_returned(self, name: str, value: object) -> Measurement | None:
        if isinstance(value, Mapping):
            if "value" not in value or not value.keys() <= _SPEC_KEYS:
                return None
            said = {key: item for key, item in value.items() if key not in {"value", "unit"} and item is not None}
            for short, long in (("min", "low"), ("max", "high")):
                if short in said:
                    said[long] = said.pop(short)
            return self.record(name, value["value"], str(value.get("unit") or ""), make_limit(said))
        if name == "passed" and name not in self._limits:
            return self.record(name, value, "", EqualsLimit(expected=True))
        if isinstance(value, list | tuple) or not _is_name(name):
            return None
        if value is None and name not in self._limits:
            return None
        return self.record(name, value, "", None)

    def values(self) -> dict[str, JsonValue]:
        """Give the measured values by name."""
        return {made.name: made.value for made in self._made.values()}


def _is_name(name: str) -> bool:
    try:
        Measurement(name=name)
    except ValidationError:
        return False
    return True
