"""A start on a slot in quarantine is refused in words an operator can act on."""

from datetime import UTC, datetime

from station.domain.quarantine import Quarantine


def test_the_refusal_says_why_since_when_and_how_to_clear_it() -> None:
    quarantine = Quarantine(reason="power does not answer", since=datetime(2026, 3, 1, 9, 0, tzinfo=UTC))

    refusal = quarantine.refusal("slot_1")

    assert refusal.code == "SLOT_QUARANTINED"
    assert refusal.message == (
        "Batch slot_1 is in quarantine since 2026-03-01 09:00:00 UTC: power does not answer. "
        'Look at the unit and the instruments, then clear it: station clear slot_1 --reason "..."'
    )
