"""`station run` on several batches and `station stop --all`, on a station of real processes."""

import json
import signal
from collections.abc import Iterator

import pytest

from station.cli.together import units
from station.domain.errors import ParameterError
from station.domain.run import UnitUnderTest
from tests.cli.conftest import PACKAGES, Command, plain
from tests.support import RunningStation, running_station, until


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStation]:
    batches = [
        {"id": "left", "sequence_package": PACKAGES / "slow"},
        {"id": "right", "sequence_package": PACKAGES / "slow"},
    ]
    with running_station(tmp_path_factory.mktemp("station"), batches) as running:
        yield running


def holding(station: RunningStation) -> int:
    return len(station.rows("SELECT 1 FROM step_results WHERE status = 'running' AND step_name = 'hold'"))


@pytest.mark.station
def test_several_are_started_at_once_and_each_end_is_a_line(station: RunningStation) -> None:
    ended = station.cli("run", "--batch", "left", "--batch", "right", "--wip", "left=WIP-1", "-p", "seconds=0.5")

    lines = plain(ended.stdout).splitlines()
    assert lines[:2] == ["run RUN on left is started", "run RUN on right is started"]
    assert sorted(lines[2:]) == ["PASSED  left  WIP-1  N s  run RUN", "PASSED  right  N s  run RUN"]
    assert ended.returncode == 0


@pytest.mark.station
def test_all_can_meet_at_a_step_and_machines_get_json(station: RunningStation) -> None:
    ended = station.cli("run", "--all", "--barrier", "hold", "-p", "seconds=0.5", "--json")

    answer = json.loads(ended.stdout)
    assert [(one["batch"], one["outcome"], one["reason"], one["mes"]) for one in answer] == [
        ("left", "PASSED", None, []), ("right", "PASSED", None, []),
    ]  # fmt: skip
    assert ended.returncode == 0


@pytest.mark.station
def test_all_are_stopped_and_one_that_is_refused_does_not_hold_the_others_up(
    station: RunningStation, command: Command
) -> None:
    alone = station.start_cli("run", "--batch", "left", "-p", "seconds=60")
    until(lambda: holding(station) == 1, 20, "the run does not come to its long step")
    code, written = command("run", "--all", "--no-wait", "-p", "seconds=60", folder=station.folder)
    until(lambda: holding(station) == 2, 20, "the other run does not come to its long step")

    stopped = command("stop", "--all", "--reason", "lunch")
    alone.communicate(timeout=30)
    until(lambda: holding(station) == 0, 20, "the runs go on")

    assert code == 2
    assert "run RUN on right is started" in written
    assert "SEQUENCE_ALREADY_RUNNING: Batch left has a run already" in written
    assert stopped == (0, "left: the run was told to stop; cleanup runs\nright: the run was told to stop; cleanup runs")
    assert alone.returncode == 3
    free = "SELECT 1 FROM execution_results WHERE state <> 'completed'"
    until(lambda: not station.rows(free), 20, "the runs have not ended")


@pytest.mark.station
def test_with_nothing_under_way_there_is_nothing_to_stop(station: RunningStation, command: Command) -> None:
    assert command("stop", "--all", folder=station.folder) == (0, "no batch has a run under way")


@pytest.mark.station
def test_ctrl_c_stops_all_of_them_with_their_cleanup(station: RunningStation) -> None:
    watching = station.start_cli("run", "--all", "-p", "seconds=60")
    until(lambda: holding(station) == 2, 20, "the runs do not come to their long step")

    watching.send_signal(signal.SIGINT)
    written, _ = watching.communicate(timeout=30)

    assert "Ctrl-C: the runs are being stopped, with cleanup" in written
    assert plain(written).count("Ctrl-C at the keyboard") == 2
    assert watching.returncode == 3


@pytest.mark.station
def test_a_barrier_that_one_of_them_does_not_have_is_refused(station: RunningStation, command: Command) -> None:
    code, written = command("run", "--all", "--barrier", "lunch", folder=station.folder)

    assert code == 2
    assert written.startswith("INVALID_PARAMETERS: the runs cannot meet: left has no step lunch (it has ")


@pytest.mark.station
def test_a_batch_holds_one_unit(station: RunningStation, command: Command) -> None:
    assert command("run", "-b", "left", "-b", "left", folder=station.folder) == (
        2, "INVALID_PARAMETERS: a slot holds one unit; named twice: left"
    )  # fmt: skip


@pytest.mark.parametrize("words", [("run",), ("run", "--all", "--batch", "left"), ("stop",), ("stop", "left", "--all")])
def test_some_or_all_must_be_said(command: Command, words: tuple[str, ...]) -> None:
    code, written = command(*words)

    assert code == 2
    assert "or all of them with --all" in written


def test_which_unit_is_on_which_batch() -> None:
    unit = UnitUnderTest(process=3)

    assert units(["a"], ["WIP-1"], unit)["a"].wip == "WIP-1"
    assert units(["a"], ["a=WIP-1"], unit)["a"].wip == "WIP-1"
    assert units(["a"], [], unit) == {"a": unit}
    several = units(["a", "b", "c"], ["b=WIP-2", "a=WIP-1"], unit)
    assert [(several[name].wip, several[name].process) for name in "abc"] == [("WIP-1", 3), ("WIP-2", 3), (None, 3)]


def test_a_unit_without_a_batch_is_refused() -> None:
    with pytest.raises(ParameterError) as caught:
        units(["a", "b"], ["WIP-1", "c=WIP-2"], UnitUnderTest())

    assert caught.value.message == (
        "--wip WIP-1: which batch is it on? Write --wip BATCH=WIP with one of a, b; "
        "--wip c=WIP-2: which batch is it on? Write --wip BATCH=WIP with one of a, b"
    )
