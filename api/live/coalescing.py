"""Sums up what a slow client has not taken yet: of what follows itself, the latest is enough."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

from api.live.shapes import Telling
from station.domain.events import EventType
from station.storage.events import Event


def coalesced(tellings: Sequence[Telling]) -> list[Telling]:
    """Keep the latest of each kind of message that the next of its kind replaces, and everything else.

    Of a batch's status every field keeps its latest value; of its log the last line is left.
    """
    latest: dict[Hashable, Telling] = {}
    for number, telling in enumerate(tellings):
        kind = _replaced_by_the_next(telling.event)
        key = number if kind is None else kind
        before = latest.pop(key, None)  # what is kept stands where the latest one stood
        latest[key] = telling if before is None else _onto(before, telling)
    return list(latest.values())


def _replaced_by_the_next(event: Event) -> Hashable | None:
    data = event.data
    match event.type:
        case EventType.BATCH_STATUS | EventType.LOG:
            return event.type, event.batch, event.run_id
        case EventType.STEP_PROGRESS:
            return event.type, event.batch, event.run_id, str(data.get("step"))
        case EventType.MEASUREMENT:
            return event.type, event.batch, event.run_id, str(data.get("step")), str(data.get("name"))
        case _:
            return None


def _onto(before: Telling, telling: Telling) -> Telling:
    if telling.event.type != EventType.BATCH_STATUS:
        return telling
    return Telling(replace(telling.event, data=before.event.data | telling.event.data))
