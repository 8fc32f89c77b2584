"""Calls for help: one at a time, answered or withdrawn once, each with its event and its line of the audit."""

import pytest

from station.domain.audit import Deed
from station.domain.call import CallReason, CallState
from station.domain.errors import CommandRefusedError
from station.domain.events import EventType
from station.storage.audit import Audit
from station.storage.calls import Calls
from station.storage.database import Database
from station.storage.events import Events
from tests.storage.samples import after


def deed(number: int, action: str, call: str = "c1", by: str = "kim") -> Deed:
    return Deed(id=f"d{number}", at=after(number), actor=by, action=action, target=call)


async def told(database: Database) -> list[tuple[object, object]]:
    """What became of calls, and by whom, as whoever watches hears it."""
    events = await Events(database).after(0, limit=100)
    return [(one.data["state"], one.data["by"]) for one in events if one.type == EventType.CALL]


async def test_a_second_call_is_the_one_that_is_open(database: Database) -> None:
    calls = Calls(database)

    first = await calls.begin(deed(1, "call"), CallReason.MATERIAL)
    second = await calls.begin(deed(2, "call", "c2", by="lee"), CallReason.QUALITY)

    assert (first.call_id, first.reason, first.called_by) == ("c1", CallReason.MATERIAL, "kim")
    assert second == first
    assert await calls.open() == first
    assert await told(database) == [("open", "kim")]


async def test_somebody_comes_once(database: Database) -> None:
    calls = Calls(database)
    await calls.begin(deed(1, "call"), CallReason.MACHINE)

    answered = await calls.end(deed(2, "answer_call", by="lee"), CallState.ANSWERED)
    with pytest.raises(CommandRefusedError, match="was answered by lee") as refused:
        await calls.end(deed(3, "withdraw_call"), CallState.WITHDRAWN)

    assert (answered.state, answered.ended_by, answered.ended_at) == (CallState.ANSWERED, "lee", after(2))
    assert refused.value.code == "CALL_NOT_OPEN"
    assert await calls.open() is None
    assert await told(database) == [("open", "kim"), ("answered", "lee")]
    assert [(one.deed.action, one.deed.actor) for one in await Audit(database).list()] == [
        ("answer_call", "lee"),
        ("call", "kim"),
    ]


async def test_what_is_withdrawn_can_be_called_again(database: Database) -> None:
    calls = Calls(database)
    await calls.begin(deed(1, "call"), CallReason.OTHER)
    await calls.end(deed(2, "withdraw_call"), CallState.WITHDRAWN)

    again = await calls.begin(deed(3, "call", "c2"), CallReason.OTHER)

    assert (await calls.open(), again.call_id) == (again, "c2")


async def test_nobody_called(database: Database) -> None:
    with pytest.raises(CommandRefusedError) as refused:
        await Calls(database).end(deed(1, "answer_call"), CallState.ANSWERED)

    assert refused.value.code == "CALL_NOT_FOUND"
    assert await Audit(database).list() == []
