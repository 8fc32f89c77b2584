"""The short form of the races: each one twenty-five times."""

from collections import Counter
from pathlib import Path

import pytest

from tests.faults.races import RACES, races, races_report

ROUNDS = 25

pytestmark = [pytest.mark.station, pytest.mark.faults, pytest.mark.timeout(600)]


async def test_of_two_who_want_the_same_one_gets_it_and_the_other_hears_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    won = await races(tmp_path, ROUNDS, 1, print)

    with capsys.disabled():
        print("\n" + "\n".join(races_report(won)))
    assert Counter({name: sum(won[name].values()) for name in RACES}) == Counter(dict.fromkeys(RACES, ROUNDS))
