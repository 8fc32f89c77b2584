"""Clearing a slot that is in quarantine: a person's decision, with a reason."""

from temporalio.client import Client

from station.config.model import StationConfig
from station.control import manual
from station.control.layout import Layout
from station.control.noting import deed
from station.domain.errors import CommandRefusedError
from station.domain.quarantine import Quarantine
from station.storage.database import Database
from station.storage.quarantine import NOT_QUARANTINED, Quarantines

NOT_SAFE = "HARDWARE_NOT_SAFE"


async def clear_quarantine(
    config: StationConfig,
    layout: Layout,
    database: Database,
    batch: str,
    *,
    by: str,
    reason: str,
    client: Client | None,
) -> Quarantine:
    """Let a slot take runs again; it is in the audit who decided that, and why.

    A BatchNotFoundError passes through where there is no such batch, a BatchBusyError where a run is open on it, a
    BatchNotRunningError where its process must make safe and there is none, and a CommandRefusedError where it is not
    in quarantine.

    Args:
        config: The station's configuration.
        layout: Where the station keeps its files.
        database: The open results database.
        batch: The batch.
        by: Who decides it.
        reason: Why the slot can be used again.
        client: Through which the instruments are made safe first; None: the person's word is enough.

    Returns:
        The quarantine that is over.

    Raises:
        CommandRefusedError: If no reason is given.
    """
    config.batch(batch)
    if not reason.strip():
        msg = f"Clearing {batch} needs a reason: what was found, and why the slot can be used again."
        raise CommandRefusedError("REASON_MISSING", msg, batch=batch)
    if client is not None:
        await _confirm_safe(client, config, layout, database, batch, by=by)
    return await Quarantines(database).clear(deed("clear", batch, by, reason, made_safe=client is not None))


async def _confirm_safe(
    client: Client, config: StationConfig, layout: Layout, database: Database, batch: str, *, by: str
) -> None:
    """Have the instruments of a slot in quarantine made safe, by taking it in hand for a moment.

    A BatchBusyError passes through where the slot has a run or is in somebody's hand, a BatchNotRunningError where the
    batch has no process that could touch them.

    Raises:
        CommandRefusedError: If the slot is not in quarantine, or the instruments did not confirm that they are safe.
    """
    if await Quarantines(database).get(batch) is None:
        raise CommandRefusedError(NOT_QUARANTINED, f"Batch {batch} is not in quarantine.", batch=batch)
    advice = (
        "Mend what keeps them from it; or look yourself whether all energy is off, and clear it on your own word with "
        "--no-make-safe."
    )
    try:
        await manual.open_manual(
            client, config, layout, database, batch, by=by, reason="is the slot in quarantine safe?"
        )
        end = await manual.leave(client, config, batch, by=by, reason="is the slot in quarantine safe?")
    except CommandRefusedError as error:
        raise CommandRefusedError(NOT_SAFE, f"{error.message} {advice}", batch=batch) from error
    if not end.safe:
        msg = f"The instruments of {batch} could not be made safe: {'; '.join(end.problems)}. {advice}"
        raise CommandRefusedError(NOT_SAFE, msg, batch=batch)
