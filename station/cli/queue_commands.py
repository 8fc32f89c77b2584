"""Commands about what the MES is owed: look, send, decide, convert."""

from enum import StrEnum
from typing import Annotated

import typer

from station.cli.options import CONFIG, ConfigOption, JsonOption, examples, leave


class QueueWord(StrEnum):
    """What is to be done about the queue."""

    LIST = "list"
    SEND = "send"
    RETRY = "retry"
    DISCARD = "discard"


class ResultWord(StrEnum):
    """What the MES is told of a unit whose run said nothing about it."""

    PASS = "pass"  # noqa: S105 - a unit that passed
    FAIL = "fail"
    REWORK = "rework"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "station queue",
            "station queue send --wip WIP-KR01PSA2511-001",
            "station queue retry 7QX2 --result rework",
            'station queue discard 7QX2 --reason "unit was scrapped by hand"',
        )
    )(queue)
    app.command(epilog=examples("station convert WIP-KR01PSA2511-001 --operator 5"))(convert)


def queue(
    word: Annotated[
        QueueWord, typer.Argument(help="list; send: try now; retry or discard: decide about a parked item.")
    ] = QueueWord.LIST,
    item: Annotated[
        str, typer.Argument(metavar="ITEM", help="retry, discard: id of the item, or an end of its run's id.")
    ] = "",
    wip: Annotated[str | None, typer.Option(help="send: only what is owed for this unit.")] = None,
    result: Annotated[
        ResultWord | None, typer.Option(help="retry: what is told of a unit whose run said nothing; fail: scrap.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", "-r", help="discard: why the MES never hears of it.")] = "",
    json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Show what the MES is owed, oldest first, have it sent now, or decide about what the MES has refused.

    What is pending is sent until it is delivered; what is parked waits for a person, and what is owed for the same
    unit after it waits too. retry exits with 3 if the MES refuses again.
    """
    from station.cli import queue as queue_
    from station.cli.place import Place, wait_for

    place = Place.of(config)
    match word:
        case QueueWord.LIST:
            wait_for(queue_.show(place, json=json))
        case QueueWord.SEND:
            wait_for(queue_.send(place, wip, json=json))
        case QueueWord.RETRY:
            told = result.value.upper() if result else None
            leave(wait_for(queue_.retry(place, item, result=told, reason=reason, json=json)))
        case QueueWord.DISCARD:
            wait_for(queue_.discard(place, item, reason=reason, json=json))


def convert(
    wip: Annotated[str, typer.Argument(metavar="WIP", help="The unit's identity in the MES.")],
    operator: Annotated[str, typer.Option(help="The operator's number in the MES.")],
    notes: Annotated[str, typer.Option(help="What is noted with it.")] = "",
    json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Have a unit that has passed every process converted to its serial number; exits with 3 if the MES refuses.

    Where the MES is away the conversion is queued, which is no error.
    """
    from station.cli import queue as queue_
    from station.cli.place import Place, wait_for

    leave(wait_for(queue_.convert(Place.of(config), wip, operator=operator, notes=notes, json=json)))
