"""Chooses which version of a sequence package the next run of a batch uses; what is under way keeps its own."""

import asyncio

from station.config.model import BatchConfig, StationConfig
from station.control.layout import Layout
from station.control.noting import deed
from station.domain.choice import PackageChoice
from station.domain.errors import CommandRefusedError
from station.domain.plan import PackageRef
from station.domain.values import check_values
from station.execution.description import Version
from station.execution.store import PackageStore
from station.storage.choices import Choices, is_there
from station.storage.database import Database

DOES_NOT_FIT = "VERSION_DOES_NOT_FIT"


async def chosen_for(config: StationConfig, layout: Layout, batch: BatchConfig) -> PackageRef | None:
    """Tell which version was chosen for a batch; None: none was. The station may be down.

    A StorageError passes through.
    """
    url = config.database_url(layout.base)
    if not is_there(url):
        return None
    async with Database(url) as database:
        return await chosen_package(database, batch)


async def chosen_package(database: Database, batch: BatchConfig) -> PackageRef | None:
    """Tell which version was chosen for a batch; None: none was."""
    choice = await Choices(database).standing(batch.id, batch.sequence_package)
    return choice.package if choice else None


async def activate(
    config: StationConfig,
    layout: Layout,
    database: Database,
    batch_id: str,
    *,
    name: str,
    content_hash: str,
    by: str,
    reason: str,
) -> PackageChoice:
    """Have the next run of a batch use a version that is in the store.

    A BatchNotFoundError or a PackageError passes through where there is no such batch or version, and a
    CommandRefusedError where the version does not fit the batch.

    Args:
        config: The station's configuration.
        layout: Where the station keeps its files.
        database: The open results database.
        batch_id: The batch.
        name: The package.
        content_hash: Of the version; a beginning that no other one has is enough.
        by: Who decides it.
        reason: Why.
    """
    batch = config.batch(batch_id)
    store = PackageStore(layout.packages)
    version = await asyncio.to_thread(lambda: store.version(store.find(name, content_hash)))
    _check_fit(batch, version)
    done = deed("activate", batch.id, by, reason)
    return await Choices(database).choose(done, version.ref, batch.sequence_package)


async def roll_back(
    config: StationConfig, layout: Layout, database: Database, batch_id: str, *, by: str, reason: str
) -> PackageChoice:
    """Have the next run of a batch use what it used before the version that was chosen last.

    What `activate` lets pass through passes through here, and a CommandRefusedError where no version was chosen.
    """
    batch = config.batch(batch_id)
    choices = Choices(database)
    before = await choices.before(batch.id, batch.sequence_package)
    if before is not None:
        _check_fit(batch, await asyncio.to_thread(PackageStore(layout.packages).version, before))
    return await choices.roll_back(deed("rollback", batch.id, by, reason), batch.sequence_package)


def _check_fit(batch: BatchConfig, version: Version) -> None:
    """Make sure that a version can run on a batch as station.yaml has it.

    Raises:
        CommandRefusedError: If it cannot; the message lists why.
    """
    wired, needed = set(batch.hardware), version.manifest.hardware
    # One of which there is nothing to say needs no entry in station.yaml.
    problems = [
        f"it needs {name}, which is not wired to the batch"
        for name, spec in needed.items()
        if name not in wired and spec.config_schema
    ]
    problems += [f"it does not know {name}, which is wired to the batch" for name in sorted(wired - set(needed))]
    for name, spec in needed.items():
        given = {key: value for key, value in batch.instruments.get(name, {}).items() if key in spec.config_schema}
        problems += [f"{name}: {problem}" for problem in check_values(given, spec.config_schema)[1] if name in wired]
    known = {name: spec.model_copy(update={"required": False}) for name, spec in version.parameters.items()}
    problems += [f"parameter {problem}" for problem in check_values(batch.parameters, known)[1]]
    if problems:
        ref = version.ref
        msg = (
            f"{ref.name} {ref.version} ({ref.content_hash[:12]}) does not fit batch {batch.id}: {'; '.join(problems)}. "
            "Correct the batch in station.yaml, or choose another version."
        )
        raise CommandRefusedError(DOES_NOT_FIT, msg, batch=batch.id, problems=problems)
