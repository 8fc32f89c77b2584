"""The short form of the kills of the API: four of the twelve points."""

from pathlib import Path

import pytest

from tests.faults.api_kills import POINTS, api_kills, api_kills_report


def test_there_are_twelve_points() -> None:
    assert len(set(POINTS)) == 12


@pytest.mark.station
@pytest.mark.faults
async def test_a_killed_api_loses_nothing_and_doubles_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subject = await api_kills(tmp_path, 1, print, points=4)

    with capsys.disabled():
        print("\n" + "\n".join(api_kills_report(subject)))
    assert subject.problems == []
    assert {kill.what for kill in subject.killed} == {"start", "answer", "stop"}
