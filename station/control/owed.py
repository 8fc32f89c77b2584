"""What the station owes the MES, as people look at it: each item with its age and its trouble in their own words."""

import re
from collections import Counter
from datetime import UTC, datetime

from pydantic import BaseModel, JsonValue

from station.domain.delivery import NEEDS_DISPOSITION, DeliveryState, MesAction
from station.domain.errors import MesRateLimitedError, MesUnauthorizedError, MesUnavailableError
from station.mes.texts import BUSY, DISPOSITION, OFFLINE, REFUSALS, TROUBLE, UNAUTHORIZED, OperatorText
from station.storage.database import Database
from station.storage.queue import QueueRecord, SyncQueue

_TEXTS: dict[str, OperatorText] = {
    **{refusal.value: text for refusal, text in REFUSALS.items()},
    NEEDS_DISPOSITION: DISPOSITION,
    "WIP_BUSY": OperatorText(
        "이 WIP는 이미 이 스테이션에서 검사 중입니다", "The WIP is being tested on this station already"
    ),
    MesUnavailableError.code: OFFLINE,
    MesRateLimitedError.code: BUSY,
    MesUnauthorizedError.code: UNAUTHORIZED,
}
_CODED = re.compile(r"([A-Z_]{2,}): (.*)", re.DOTALL)


class OwedEntry(BaseModel):
    """One thing the MES is told, as people look at it.

    Attributes:
        age_s: Seconds since it is owed.
        attempts: Calls made so far.
        last_error: Why it is still owed, parked or refused, as it was recorded.
        code: The code in it; empty where there is none.
        reason: What that means to the operator; empty where there is no code.
        reason_ko: The same in Korean.
        place: Its place in what is owed for its WIP, from 1: the next one is sent when this one is over.
        next_try: When it is tried next by itself; None: at once, after the one before it, when a person has decided,
            or nobody asked.
    """

    item_id: str
    run_id: str
    batch: str
    action: MesAction
    wip: str
    process: int | None
    result: JsonValue = None
    state: DeliveryState
    attempts: int
    last_error: str
    code: str = ""
    reason: str = ""
    reason_ko: str = ""
    created_at: datetime
    age_s: float
    place: int = 1
    next_try: datetime | None = None


class Owed(BaseModel):
    """Everything that is owed, oldest first.

    Attributes:
        parked: How many need a person.
        oldest_s: Age of the oldest in seconds; None where nothing is owed.
    """

    pending: int = 0
    parked: int = 0
    oldest_s: float | None = None
    items: list[OwedEntry] = []


async def owed(database: Database) -> Owed:
    """List what is owed, oldest first, what cannot be read last; a StorageError passes through."""
    queue = SyncQueue(database)
    items = [entry_of(record) for record in [*await queue.open(), *await queue.unreadable()]]
    places: Counter[str] = Counter()
    for item in items:
        places[item.wip] += 1
        item.place = places[item.wip]
    return Owed(
        pending=sum(item.state is DeliveryState.PENDING for item in items),
        parked=sum(item.state is DeliveryState.PARKED for item in items),
        oldest_s=max((item.age_s for item in items), default=None),
        items=items,
    )


async def told_of_run(database: Database, run_id: str) -> list[OwedEntry]:
    """What the MES is told of a run, in order, with what became of it."""
    queue = SyncQueue(database)
    records = [await queue.get(f"{run_id}/{action}") for action in MesAction]
    return [entry_of(record) for record in records if record is not None]


def entry_of(record: QueueRecord) -> OwedEntry:
    """Make a row readable: its age, and its error in the operator's words."""
    item, coded = record.item, _CODED.fullmatch(record.last_error)
    code = coded[1] if coded else ""
    text = _TEXTS.get(code) or (TROUBLE if code else OperatorText("", ""))
    return OwedEntry(
        item_id=item.item_id,
        run_id=item.run_id,
        batch=item.batch,
        action=item.action,
        wip=item.wip,
        process=item.process,
        result=item.payload.get("result"),
        state=record.state,
        attempts=record.attempts,
        last_error=record.last_error,
        code=code,
        reason=text.en,
        reason_ko=text.ko,
        created_at=record.created_at,
        age_s=max(0.0, (datetime.now(UTC) - record.created_at).total_seconds()),
    )


def reason_ko(code: str) -> str:
    """What a refusal's code means to the operator, in Korean; empty where it is no refusal."""
    text = _TEXTS.get(code)
    return text.ko if text else ""
