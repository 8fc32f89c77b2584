"""Which version a batch uses: the latest decision holds, for the folder it was made against, and can be taken back."""

import pytest

from station.domain.audit import Deed
from station.domain.errors import CommandRefusedError
from station.domain.plan import PackageRef
from station.storage.audit import Audit
from station.storage.choices import Choices, is_there
from station.storage.database import Database
from station.storage.runs import Runs
from tests.storage.samples import after

FOLDER = "sequences/demo"
VERSIONS = [PackageRef(name="demo", version=f"1.0.{number}", content_hash=str(number) * 64) for number in range(3)]


def deed(number: int, action: str = "activate", batch: str = "b1") -> Deed:
    return Deed(id=f"d{number}", at=after(number), actor="kim", action=action, target=batch, reason=f"reason {number}")


async def chosen(database: Database, batch: str = "b1", folder: str = FOLDER) -> PackageRef | None:
    return await Runs(database).chosen_package(batch, folder)


async def test_without_a_decision_nothing_is_chosen_and_nothing_can_be_taken_back(database: Database) -> None:
    choices = Choices(database)

    assert await chosen(database) is None
    with pytest.raises(CommandRefusedError, match="it uses what is in its folder"):
        await choices.before("b1", FOLDER)
    with pytest.raises(CommandRefusedError, match="it uses what is in its folder"):
        await choices.roll_back(deed(1, "rollback"), FOLDER)
    assert await Audit(database).list() == []


async def test_the_latest_decision_holds_and_each_roll_back_goes_further_back(database: Database) -> None:
    choices = Choices(database)
    for number, version in enumerate(VERSIONS):
        await choices.choose(deed(number), version, FOLDER)

    found = [await chosen(database)]
    for number in (4, 5, 6):
        await choices.roll_back(deed(number, "rollback"), FOLDER)
        found.append(await chosen(database))

    assert found == [VERSIONS[2], VERSIONS[1], VERSIONS[0], None]
    assert [choice.reason for choice in await choices.history("b1")] == [
        f"reason {number}" for number in (6, 5, 4, 2, 1, 0)
    ]
    told = [(record.deed.action, record.deed.data["package"]) for record in await Audit(database).list()]
    assert told[:2] == [("rollback", None), ("rollback", VERSIONS[0].model_dump())]


async def test_a_new_decision_after_a_roll_back_goes_back_to_where_that_was(database: Database) -> None:
    choices = Choices(database)
    await choices.choose(deed(0), VERSIONS[0], FOLDER)
    await choices.choose(deed(1), VERSIONS[1], FOLDER)
    await choices.roll_back(deed(2, "rollback"), FOLDER)
    await choices.choose(deed(3), VERSIONS[2], FOLDER)

    before = await choices.before("b1", FOLDER)
    await choices.roll_back(deed(4, "rollback"), FOLDER)

    assert (before, await chosen(database)) == (VERSIONS[0], VERSIONS[0])


async def test_choosing_what_holds_already_changes_nothing(database: Database) -> None:
    choices = Choices(database)

    first = await choices.choose(deed(0), VERSIONS[0], FOLDER)
    again = await choices.choose(deed(1), VERSIONS[0], FOLDER)

    assert again == first
    assert len(await Audit(database).list()) == 1


async def test_a_decision_holds_for_its_batch_and_for_the_folder_it_was_made_against(database: Database) -> None:
    choices = Choices(database)
    await choices.choose(deed(0), VERSIONS[0], FOLDER)
    await choices.choose(deed(1, batch="b2"), VERSIONS[1], FOLDER)

    assert await chosen(database, "b2") == VERSIONS[1]
    assert await chosen(database, folder="sequences/other") is None
    standing = await choices.all_standing({"b1": "sequences/other", "b2": FOLDER})
    assert {batch: choice.package for batch, choice in standing.items()} == {"b2": VERSIONS[1]}


async def test_a_station_that_was_never_up_has_no_decisions(url: str, database: Database) -> None:
    assert is_there(url)
    if url.startswith("sqlite"):
        assert not is_there(f"{url}.not")
