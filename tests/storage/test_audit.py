"""What people did is found again by who, when, what and to what."""

from typing import Any

from station.domain.audit import Deed
from station.storage.audit import Audit, AuditFilter
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
