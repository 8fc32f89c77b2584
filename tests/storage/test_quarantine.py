"""A slot whose safe state nobody could confirm: closed with the fact it follows from, opened by a person."""

from dataclasses import replace

import pytest

from station.domain.audit import Deed
from station.domain.errors import BatchBusyError, CommandRefusedError, SlotQuarantinedError
from station.domain.events import EventType
from station.domain.notice import Notice, NoticeCode
from station.domain.quarantine import Quarantine
from station.domain.run import RunReason
from station.storage.audit import Audit
from station.storage.batches import Batches
from station.storage.database import Database
from station.storage.events import Events
from station.storage.quarantine import Quarantines
from station.storage.runs import Runs
from tests.storage.samples import accepted, after, ended, running

UNSAFE = ended().model_copy(
    update={"hardware_safe": False, "reason": RunReason(code="HARDWARE_NOT_SAFE", message="power is gone")}
)
GONE = Notice.of(NoticeCode.UNSAFE_START, "power is gone", said="gone")
CLEAR = Deed(id="c1", at=after(100), actor="kim", action="clear", target="b1", reason="cable replaced")


async def quarantine(database: Database, batch: str = "b1") -> Quarantine | None:
    return await Quarantines(database).get(batch)


async def test_a_run_that_ends_unsafe_puts_its_slot_in_quarantine_with_its_result(database: Database) -> None:
    await running(database)

    await Runs(database).finish(UNSAFE)

    found = await quarantine(database)
    batch = await Batches(database).get("b1")
    events = await Events(database).after(0)
    why = "run RUN1 ended PASSED without a confirmed safe state (HARDWARE_NOT_SAFE: power is gone)"
    said = "HARDWARE_NOT_SAFE: power is gone"
    notice = Notice.of(NoticeCode.UNSAFE_RUN, why, run="RUN1", outcome="PASSED", said=said)
    assert found == Quarantine(reason=why, since=after(60), notice=notice)
    assert batch is not None
    assert batch.quarantine == found
    assert events[-2].data["quarantine_notice"] == notice.model_dump()
    assert [(one.type, one.data.get("quarantine")) for one in events[-2:]] == [
        (EventType.BATCH_STATUS, why),
        (EventType.ERROR, why),
    ]


async def test_a_session_given_back_unsafe_does_so_too_and_the_first_reason_stands(database: Database) -> None:
    journal = await running(database)

    await journal.release_session("b1", "S1", hardware_safe=False, at=after(50), problem="power is gone")
    await Runs(database).finish(UNSAFE)

    why = "the instruments could not be made safe: power is gone"
    notice = Notice.of(NoticeCode.UNSAFE_SESSION, why, said="power is gone")
    assert await quarantine(database) == Quarantine(reason=why, since=after(50), notice=notice)


async def test_a_session_that_is_safe_later_ends_no_quarantine(database: Database) -> None:
    journal = await running(database)
    await journal.release_session("b1", "S1", hardware_safe=False, at=after(50))

    await journal.claim_session("b1", "S2", None, None, {}, after(51))
    await journal.release_session("b1", "S2", hardware_safe=True, at=after(52))

    assert await quarantine(database) is not None


async def test_a_process_that_cannot_make_safe_closes_its_slot(database: Database) -> None:
    await Batches(database).set_process_state("b1", "running", after(1), alert="power is gone", quarantine=GONE)

    assert await quarantine(database) == Quarantine(reason="power is gone", since=after(1), notice=GONE)


async def test_no_run_is_accepted_on_such_a_slot_and_other_slots_take_them(database: Database) -> None:
    runs = Runs(database)
    await Quarantines(database).set("b1", GONE, after(1))

    with pytest.raises(SlotQuarantinedError) as caught:
        await runs.accept(accepted())

    assert caught.value.facts["reason"] == "power is gone"
    assert await runs.get("RUN1") is None
    assert await runs.accept(replace(accepted(), batch="b2")) is None


async def test_a_run_that_was_accepted_before_is_not_refused_when_that_is_repeated(database: Database) -> None:
    await running(database)
    await Quarantines(database).set("b1", GONE, after(1))

    assert await Runs(database).accept(accepted()) is None


async def test_clearing_is_in_the_audit_with_what_it_ended(database: Database) -> None:
    quarantines = Quarantines(database)
    await quarantines.set("b1", GONE, after(1))

    over = await quarantines.clear(CLEAR)

    (entry,) = await Audit(database).list()
    (*_, event) = await Events(database).after(0)
    batch = await Batches(database).get("b1")
    assert over == Quarantine(reason="power is gone", since=after(1), notice=GONE)
    assert (entry.deed.actor, entry.deed.action, entry.deed.reason) == ("kim", "clear", "cable replaced")
    assert entry.deed.data == {"quarantine": "power is gone", "since": after(1).isoformat()}
    nothing = {"quarantine": "", "quarantined_at": None, "quarantine_notice": None}
    assert (event.type, event.data) == (EventType.BATCH_STATUS, nothing)
    assert batch is not None
    assert batch.quarantine is None
    assert await Runs(database).accept(accepted()) is None


async def test_what_is_not_in_quarantine_cannot_be_cleared(database: Database) -> None:
    with pytest.raises(CommandRefusedError) as caught:
        await Quarantines(database).clear(CLEAR)

    assert caught.value.code == "NOT_QUARANTINED"
    assert await Audit(database).list() == []


async def test_a_slot_with_an_open_run_is_not_cleared(database: Database) -> None:
    await running(database)
    await Quarantines(database).set("b1", GONE, after(1))

    with pytest.raises(BatchBusyError):
        await Quarantines(database).clear(CLEAR)

    assert await quarantine(database) is not None
