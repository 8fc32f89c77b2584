"""What people did is found again by who, when, what and to what."""

from typing import Any

import pytest
from sqlalchemy import Connection

from station.domain.audit import Deed
from station.storage.audit import Audit, AuditFilter, AuditVerdict
from station.storage.chain import FIRST
from station.storage.database import Database
from tests.storage.samples import T0, after


async def test_deeds_are_listed_newest_first_by_what_is_asked_for(database: Database) -> None:
    audit = Audit(database)
    deeds = [
        Deed(id="1", at=T0, actor="kim", action="stop", target="slot_1", reason="smoke"),
        Deed(id="2", at=after(1), actor="lee", action="clear", target="slot_2"),
        Deed(id="3", at=after(2), actor="kim", action="clear", target="slot_1"),
    ]
    for deed in deeds:
        await audit.write(deed)

    async def found(**wanted: Any) -> str:
        return "".join(entry.deed.id for entry in await audit.list(AuditFilter(**wanted)))

    assert await found() == "321"
    assert await found(actor="kim") == "31"
    assert await found(action="clear", target="slot_1") == "3"
    assert await found(since=after(1), until=after(2)) == "2"
    newest, *_ = await audit.list(AuditFilter(limit=1))
    assert (newest.deed, await found(before=newest.id)) == (deeds[2], "21")


REST = "time, actor, action, target, reason, data, hash"


async def deeds(database: Database, count: int, first: int = 1) -> None:
    for number in range(first, first + count):
        await Audit(database).write(
            Deed(id=str(number), at=after(number), actor="kim", action="stop", target="slot_1", data={"n": number / 3})
        )


async def tampered(database: Database, *statements: str) -> AuditVerdict:
    def write(transaction: Connection) -> None:
        for statement in statements:
            transaction.exec_driver_sql(statement)

    await database.write(write)
    return await Audit(database).verify()


async def test_i8_an_audit_that_nobody_touched_is_whole_and_its_ids_have_no_gap(database: Database) -> None:
    await deeds(database, 1200)
    odd = Deed(
        id="odd", at=T0, actor="a\udc80b", action="stop", target="\x00", reason="\ud800", data={"x": float("nan")}
    )
    await Audit(database).write(odd)
    await Audit(database).write(odd)

    verdict = await Audit(database).verify()
    ids = [entry.id for entry in await Audit(database).list(AuditFilter(limit=2000))]

    assert (verdict.whole, verdict.entries, verdict.head_id) == (True, 1201, 1201)
    assert ids == list(range(1201, 0, -1))


@pytest.mark.parametrize(
    ("broken", "statements"),
    [
        (3, ["UPDATE audit SET reason = 'no reason' WHERE id = 3"]),
        (3, ["UPDATE audit SET actor = 'lee' WHERE id = 3"]),
        (3, ["UPDATE audit SET entry_id = 'x' WHERE id = 3"]),
        (3, ["UPDATE audit SET data = '{\"n\": 2}' WHERE id = 3"]),
        (3, ["UPDATE audit SET data = '\"no object\"' WHERE id = 3"]),
        (3, ["UPDATE audit SET hash = '' WHERE id = 3"]),
        (4, ["DELETE FROM audit WHERE id = 3"]),
        (2, ["DELETE FROM audit WHERE id = 1"]),
        (3, ["UPDATE audit SET id = -3 WHERE id = 3", "UPDATE audit SET id = 3 WHERE id = 4",
             "UPDATE audit SET id = 4 WHERE id = -3"]),
        (5, ["DELETE FROM audit WHERE id = 5"]),
        (4, ["DELETE FROM audit WHERE id > 3"]),
        (1, ["DELETE FROM audit"]),
        (6, ["INSERT INTO audit SELECT 6, '6', REST FROM audit WHERE id = 5"]),
        (-1, ["INSERT INTO audit SELECT -1, 'x', REST FROM audit WHERE id = 5"]),
        (5, ["DELETE FROM audit_head"]),
    ],
)  # fmt: skip
async def test_s3_30_whatever_somebody_does_to_the_audit_is_found(
    database: Database, broken: int, statements: list[str]
) -> None:
    await deeds(database, 5)
    verdict = await tampered(
        database,
        *(
            each.replace("INTO audit ", f"INTO audit (id, entry_id, {REST}) ").replace("REST", REST)
            for each in statements
        ),
    )

    assert (verdict.whole, verdict.broken_id) == (False, broken)


async def test_what_was_taken_from_the_end_is_missed_also_after_the_next_deed(database: Database) -> None:
    await deeds(database, 5)
    await tampered(database, "DELETE FROM audit WHERE id > 3")

    await deeds(database, 1, first=6)

    verdict = await Audit(database).verify()
    assert (verdict.whole, verdict.broken_id) == (False, 6)


async def test_an_entry_that_was_noted_elsewhere_tells_of_a_chain_that_was_written_anew(database: Database) -> None:
    await deeds(database, 3)
    noted = await Audit(database).verify()
    await deeds(database, 2, first=4)
    before = await Audit(database).verify((noted.head_id, noted.head_hash))

    def write_anew(transaction: Connection) -> None:
        transaction.exec_driver_sql("DELETE FROM audit")
        transaction.exec_driver_sql("UPDATE audit_head SET last_id = 0, last_hash = ?".replace("?", f"'{FIRST}'"))

    await database.write(write_anew)
    await deeds(database, 5, first=11)
    alone = await Audit(database).verify()
    held = await Audit(database).verify((noted.head_id, noted.head_hash))

    assert (before.whole, alone.whole, held.broken_id) == (True, True, 3)
