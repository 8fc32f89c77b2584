"""Which instruments are calibrated until when, as station.yaml says; it warns, and never keeps a run from starting."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from pydantic import BaseModel

from station.config.instruments import CALIBRATED_UNTIL, SERIAL_NUMBER
from station.config.sections import BatchConfig

DUE_WITHIN = timedelta(days=14)
"""Less than this before the end of a calibration, somebody should see to it."""


class Calibration(BaseModel):
    """An instrument whose calibration is over, or soon will be.

    Attributes:
        calibrated_until: The last day of it.
        days_left: Whole days until then; negative: it is over.
    """

    batch_id: str
    instrument: str
    serial_number: str
    calibrated_until: date
    days_left: int


def labels(hardware: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, str]]:
    """Give what the file says of each instrument itself: serial number and the end of its calibration."""
    keys = (SERIAL_NUMBER, CALIBRATED_UNTIL)
    said = {name: {key: str(given[key]) for key in keys if given.get(key)} for name, given in hardware.items()}
    return {name: label for name, label in said.items() if label}


def due(batches: Iterable[BatchConfig], today: date) -> list[Calibration]:
    """Find the instruments whose calibration is over or ends soon, the first one first."""
    found = []
    for batch in batches:
        for name, label in labels(batch.hardware).items():
            if CALIBRATED_UNTIL not in label:
                continue
            until = date.fromisoformat(label[CALIBRATED_UNTIL])
            if until - today < DUE_WITHIN:
                found.append(
                    Calibration(
                        batch_id=batch.id, instrument=name, serial_number=label.get(SERIAL_NUMBER, ""),
                        calibrated_until=until, days_left=(until - today).days,
                    )
                )  # fmt: skip
    return sorted(found, key=lambda one: (one.calibrated_until, one.batch_id, one.instrument))
