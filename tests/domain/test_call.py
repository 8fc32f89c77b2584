"""A call ends once."""

from datetime import UTC, datetime, timedelta

import pytest

from station.domain.call import Call, CallReason, CallState
from station.domain.errors import CommandRefusedError

NOW = datetime(2026, 3, 1, 14, 3, 22, tzinfo=UTC)
CALL = Call(call_id="c1", reason=CallReason.MATERIAL, called_at=NOW, called_by="kim")


def test_whoever_comes_first_has_come() -> None:
    later = NOW + timedelta(minutes=2)

    ended = CALL.end(CallState.ANSWERED, later, "lee")

    assert (ended.state, ended.ended_at, ended.ended_by) == (CallState.ANSWERED, later, "lee")
    with pytest.raises(CommandRefusedError, match="was answered by lee before") as refused:
        ended.end(CallState.WITHDRAWN, later, "kim")
    assert refused.value.code == "CALL_NOT_OPEN"
