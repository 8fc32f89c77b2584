"""E22, the short form: each role sends a little of the API's own schema; `make torture SUITE=schema` sends more."""

from pathlib import Path

import pytest

from station.domain.roles import Role
from tests.faults.schema_fuzz import CHECKS, NOBODY, fuzz, fuzzed, problems, report

pytestmark = [pytest.mark.station, pytest.mark.faults]

PHASES = ("examples", "fuzzing", "stateful")
"""The other one sends everything it has, which is thousands."""


def test_e22_the_api_keeps_to_its_own_schema_whoever_asks(tmp_path: Path) -> None:
    with fuzzed(tmp_path) as (served, keys):
        turns = [fuzz(served, role, key, 60, 1, print, PHASES) for role, key in keys.items()]

    assert [problem for turn in turns for problem in problems(turn, PHASES)] == [], "\n".join(report(turns, 1))
    assert [turn.role for turn in turns] == [NOBODY, *Role]
    assert all(set(turn.checked) == set(CHECKS) for turn in turns)
    assert turns[-1].statuses.keys() > {200, 401, 409}
