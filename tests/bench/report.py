"""What was measured, against which target."""

from dataclasses import dataclass, field


@dataclass
class Report:
    """What was measured against which target."""

    rows: list[tuple[str, float, float, str, bool]] = field(default_factory=list)

    def add(self, what: str, value: float, target: float, unit: str, *, at_least: bool = False) -> None:
        held = value >= target if at_least else value <= target
        sign = ">=" if at_least else "<="
        self.rows.append((what, value, target, unit, held))
        print(f"{'ok  ' if held else 'MISS'} {what:58s} {value:9.2f} {unit:8s} target {sign} {target:g}", flush=True)

    @property
    def missed(self) -> int:
        return sum(not row[4] for row in self.rows)


def percentile(values: list[float], share: float) -> float:
    """The value that so large a share of the values does not exceed."""
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("inf")
