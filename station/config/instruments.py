"""Which of the instruments named in several batches are the same physical one, and whether the batches say so."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

SHARED = "shared"
"""Says that other batches use the instrument too."""
SERIAL_NUMBER = "serial_number"
CALIBRATED_UNTIL = "calibrated_until"
"""The last day of its calibration, such as 2027-03-31."""
OWN = frozenset({SHARED, SERIAL_NUMBER, CALIBRATED_UNTIL})
"""The keys of an instrument's settings that are the station's: its driver never sees them."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True)
class Clash:
    """Two entries that cannot both be meant, or one that cannot be at all.

    Attributes:
        place: Position of the batch, and the instrument's name in it.
        earlier: The other entry; None: the entry itself is wrong.
        text: What is wrong, and what to write.
    """

    place: tuple[int, str]
    earlier: tuple[int, str] | None
    text: str


def shared_names(hardware: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """Give the station's name of each instrument of a batch that is shared."""
    return {name: said for name, given in hardware.items() if isinstance(said := given.get(SHARED), str)}


def address_of(settings: Mapping[str, object]) -> str:
    """Tell where an instrument is, by the convention of the shipped drivers; empty: nobody can tell.

    A server that is made for many clients (`endpoint`) is not an instrument that two batches fight for.
    """
    match settings:
        case {"endpoint": _}:
            return ""
        case {"ip": str(host)} | {"host": str(host)}:
            return f"{host.lower()}:{settings.get('port', '')}"
        case {"port": str(device)} if device:
            return device.upper() if re.fullmatch(r"(?i)com[0-9]+", device) else posixpath.normpath(device)
        case _:
            return ""


def clashes(hardware: Sequence[Mapping[str, Mapping[str, object]]]) -> Iterator[Clash]:
    """Find what does not fit among the instruments of all batches, in their order."""
    seen: list[tuple[tuple[int, str], Mapping[str, object]]] = []
    for index, instruments in enumerate(hardware):
        for name, given in instruments.items():
            place = (index, name)
            said = given.get(SHARED)
            if said is not None and said is not False and not (isinstance(said, str) and _NAME.fullmatch(said)):
                text = "shared must be one name for the instrument, 1 to 64 letters, digits, `_`, `.` or `-`, or false"
                yield Clash(place, None, text)
                continue
            for earlier, other in seen:
                if text := _clash(given, other, same_batch=earlier[0] == index):
                    yield Clash(place, earlier, text)
                    break
            seen.append((place, given))


def _clash(given: Mapping[str, object], other: Mapping[str, object], *, same_batch: bool) -> str:
    """Say why two instruments cannot both be as they are; empty where they can."""
    mine, its = given.get(SHARED), other.get(SHARED)
    here, there = address_of(given), address_of(other)
    if isinstance(mine, str) and mine == its:
        if same_batch:
            return f"the instrument {mine} is named twice in one batch"
        if here != there and here and there:
            return f"the instrument {mine} has another address there; give each instrument its own name"
        return ""
    if same_batch or not here or here != there or False in (mine, its):
        return ""
    return "both have the same address; give both one name (shared: NAME), or shared: false where it takes several"
