"""What the bench's log proves: when a unit was under power, and whether two callers held one instrument at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from station.hardware.simulation.log import UNSAFE, BenchEvent


@dataclass(frozen=True)
class Interval:
    """A time span in seconds since 1970, by the log's `t`; an end of None means: still so at the end of the log."""

    start: float
    end: float | None
    which: frozenset[str]
    """What was on at any time within the interval: `output`, `heater`, `load`."""

    def covers(self, t: float) -> bool:
        """Whether a moment lies within; the start does, the end does not."""
        return self.start <= t and (self.end is None or t < self.end)


@dataclass(frozen=True)
class Overlap:
    """Two connections that one instrument had at the same time."""

    instrument: str
    first: int
    second: int
    start: float
    end: float | None


def read_log(path: Path) -> list[BenchEvent]:
    """Every event of a log, oldest first; a line torn by a killed bench is left out.

    Raises:
        FileNotFoundError: There is no such log.
    """  # noqa: DOC502 - raised by open
    events: list[BenchEvent] = []
    for line in path.read_bytes().splitlines():
        try:
            events.append(BenchEvent.model_validate_json(line))
        except ValidationError:
            continue
    return events


def energised(events: Iterable[BenchEvent], slot: str) -> list[Interval]:
    """When anything unsafe was on in a slot. A restart of the bench takes all energy off."""
    intervals: list[Interval] = []
    on: set[str] = set()
    which: set[str] = set()
    start = 0.0
    for event in events:
        before = bool(on)
        if event.event == "start":
            on.clear()
        elif event.event == "state" and event.slot == slot and event.name in UNSAFE:
            (on.add if event.value else on.discard)(event.name)
        if on and not before:
            start, which = event.t, set()
        which |= on
        if before and not on:
            intervals.append(Interval(start, event.t, frozenset(which)))
    if on:
        intervals.append(Interval(start, None, frozenset(which)))
    return intervals


def is_energised_at(events: Iterable[BenchEvent], slot: str, t: float) -> bool:
    """Whether anything unsafe was on in a slot at a moment, in seconds since 1970."""
    return any(interval.covers(t) for interval in energised(events, slot))


def commands(events: Iterable[BenchEvent], slot: str, instrument: str | None = None) -> list[BenchEvent]:
    """The commands that reached a slot's instrument, or all of its instruments, in order."""
    return [
        event
        for event in events
        if event.event == "command" and event.slot == slot and instrument in {None, event.instrument}
    ]


def overlapping_connections(events: Iterable[BenchEvent], slot: str) -> list[Overlap]:
    """Every pair of connections that one of the slot's instruments had at the same time; empty is how it should be."""
    spans = list(_connections(events, slot))
    overlaps: list[Overlap] = []
    for index, (instrument, first, start, end) in enumerate(spans):
        for other, second, later, other_end in spans[index + 1 :]:
            if other != instrument or (end is not None and later >= end):
                continue
            ends = [moment for moment in (end, other_end) if moment is not None]
            overlaps.append(Overlap(instrument, first, second, max(start, later), min(ends) if ends else None))
    return overlaps


def _connections(events: Iterable[BenchEvent], slot: str) -> Iterator[tuple[str, int, float, float | None]]:
    """Instrument, number, start and end of each connection, in order of their starts."""
    spans: list[tuple[str, int, float, float | None]] = []
    open_: dict[tuple[str, int], int] = {}
    for event in events:
        key = (event.instrument or "", event.connection or 0)
        if event.event == "start":  # a bench that was killed wrote no disconnects
            for index in open_.values():
                spans[index] = (*spans[index][:3], event.t)
            open_.clear()
        elif event.slot != slot:
            continue
        elif event.event == "connect":
            open_[key] = len(spans)
            spans.append((*key, event.t, None))
        elif event.event == "disconnect" and key in open_:
            index = open_.pop(key)
            spans[index] = (*spans[index][:3], event.t)
    yield from spans
