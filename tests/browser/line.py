"""A station as it stands at a line: two slots with the simulated bench, one that asks, one that takes its time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.api.served import Served, served_station
from tests.support import ROOT, running_bench

PACKAGES = ROOT / "tests" / "cli" / "packages"
FAULTS = ROOT / "tests" / "faults" / "packages"
PCB = ROOT / "sequences" / "pcb_test"
WIP = "WIP-KR01PSA2511-{:03d}"


def wip(number: int) -> str:
    """A WIP as factories write them."""
    return WIP.format(number)


def others() -> list[dict[str, Any]]:
    """Slots that need no instruments."""
    return [
        {"id": "asking", "name": "Asking", "sequence_package": FAULTS / "asking"},
        {"id": "slow", "name": "Slow", "sequence_package": PACKAGES / "slow", "parameters": {"seconds": 60.0}},
    ]


@contextmanager
def line(folder: Path, more: Sequence[Mapping[str, Any]] | None = None, **sections: Any) -> Iterator[Served]:
    """A station with a good unit in the slot `good` and a bad one in `bad`, and these slots more."""
    with running_bench(folder, "--unit", "slot_2=bad", slots=2) as bench:
        batches = [
            {"id": "good", "name": "Slot 1", "sequence_package": PCB, "hardware": bench.hardware("slot_1")},
            {"id": "bad", "name": "Slot 2", "sequence_package": PCB, "hardware": bench.hardware("slot_2")},
            *(others() if more is None else more),
        ]
        with served_station(folder, batches, **sections) as served:
            yield served
