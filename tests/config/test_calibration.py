"""Serial numbers and calibrations of instruments: the station's own, kept from drivers, and told when they are due."""

from datetime import date
from typing import Any

import pytest

from station.config.calibration import due, labels
from station.config.codes import ProblemCode
from station.config.load import judge
from station.config.source import document_of

TODAY = date(2026, 3, 1)


def config(day: str) -> Any:
    return judge(
        document_of(
            "station: {id: st, name: S}\nbatches:\n  - id: a\n    sequence_package: sequences/a\n"
            f"    hardware: {{dmm: {{port: x, serial_number: MY1, calibrated_until: {day}}}, psu: {{port: y}}}}\n"
        ),
        {},
    )


def test_a_driver_sees_neither() -> None:
    (batch,) = config("2026-03-14").config.batches

    assert batch.instruments == {"dmm": {"port": "x"}, "psu": {"port": "y"}}
    assert labels(batch.hardware) == {"dmm": {"serial_number": "MY1", "calibrated_until": "2026-03-14"}}


@pytest.mark.parametrize(
    ("day", "left"), [("2026-02-28", [-1]), ("2026-03-01", [0]), ("2026-03-14", [13]), ("2026-03-15", [])]
)
def test_what_is_over_or_ends_within_14_days_is_due(day: str, left: list[int]) -> None:
    assert [one.days_left for one in due(config(day).config.batches, TODAY)] == left


@pytest.mark.parametrize("day", ["soon", "20260314", "2026-02-30", "17"])
def test_what_is_no_day_is_refused(day: str) -> None:
    (problem,) = config(day).problems

    assert (problem.code, problem.params) == (ProblemCode.DATE_INVALID, {"instrument": "dmm"})
