"""`station status`: how the station stands, and what it owes the MES."""

from rich.markup import escape

from station.cli.output import out, print_json
from station.cli.place import Place
from station.cli.queue import sum_of
from station.cli.tables import print_status
from station.control.owed import Owed, owed
from station.control.status import station_status
from station.domain.errors import StationError


async def report_status(place: Place, *, json: bool) -> None:
    """Write how the station stands; whatever is down, an answer comes within a few seconds."""
    status = await station_status(place.config, place.layout)
    url = place.config.backend.url
    debt = await _owed(place) if url else None
    if json:
        sums = debt.model_dump(mode="json", exclude={"items"}) if debt else None
        print_json({**status.model_dump(mode="json"), "mes": {"url": url, "owed": sums} if url else None})
        return
    line = f"{escape(url)}: {sum_of(debt) if debt else 'nobody knows what is owed'}" if url else ""
    print_status(out(), status, line)


async def _owed(place: Place) -> Owed | None:
    """What is owed; None where the database does not tell, which the status says already."""
    try:
        async with place.database() as database:
            return await owed(database)
    except StationError:
        return None
