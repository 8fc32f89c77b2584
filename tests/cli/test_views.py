"""What the commands that look write, while a station is up and after it was killed."""

import json
import subprocess

import pytest

from tests.cli.conftest import Command, holds, plain
from tests.support import RunningStation, until

pytestmark = pytest.mark.station

SHOWN = """\
run  RUN
outcome  FAILED
reason  STEP_FAILED: weigh: out of limits: rail
defects  DEF1
batch  quick
WIP  WIP-2
process  7
operator  kim
package  quick 1.0.0
hash  HASH
parameters  label=[b]x[/b], thorough=False, voltage=9
accepted  TIME
started  TIME
completed  TIME

step  attempt  outcome  time  measurement  value  limits  judged
look  1  PASSED  N s  label  [b]x[/b]  PASSED
weigh  1  FAILED  N s  rail  9 V  4.5 .. 5.5  FAILED
  defects: DEF1
tidy  1  PASSED  N s

deeper: temporal workflow show -w run/T1/quick -r TEMPORAL_RUN --address 127.0.0.1:PORT -n default

CLOCK info  look: looking [closely]"""

UP = """\
Station  Station T1 (T1): up since TIME (process PID)
Temporal  127.0.0.1:PORT: reachable
batch  process  pid  restarts  memory  WIP  state  step  done
quick  running  PID 0 N MB  idle
faulty  running  PID 0 N MB  idle
slow  running  PID 0 N MB  idle
idle  stopped  0  idle"""

DOWN = """\
Station  Station T1 (T1): down
Temporal  127.0.0.1:PORT: away
batch  process  pid  restarts  memory  WIP  state  step  done
quick  down  0  idle
faulty  down  0  idle
slow  down  0  WIP-3  running
idle  down  0  idle
slow: the engine does not answer; the state is the one last recorded
slow: run RUN"""

DOCTOR = """\
warning station  down, and it was not shut down in order
  → `station up` goes on where it was.
ok  engine  VERSION
ok  temporal  Temporal at 127.0.0.1:PORT is down, like the station
ok  port  temporal.port PORT is free
ok  port  temporal.ui_port PORT is free
ok  database  DIR/data/station.db is whole
ok  clock  NOW
ok  package  PACKAGES/quick can be used (quick, idle)
ok  package  PACKAGES/faulty can be used (faulty)
ok  package  PACKAGES/slow can be used (slow)
13 checks, 0 errors, 1 warnings"""


@pytest.fixture(scope="module")
def tested(station: RunningStation) -> "subprocess.CompletedProcess[str]":
    """One unit that FAILED on the station."""
    words = ("--wip", "WIP-2", "--process", "7", "--operator", "kim", "-p", "voltage=9", "-p", "label='[b]x[/b]'")
    return station.cli("run", "--batch", "quick", *words)


def test_show_has_everything(station: RunningStation, tested: object, command: Command) -> None:
    assert command("show", "last", "--logs", "-c", "config/station.yaml", folder=station.folder) == (0, SHOWN)


def test_show_for_machines_has_each_attempt(station: RunningStation, tested: object) -> None:
    answer = json.loads(station.cli("show", "last", "--json").stdout)

    assert [step["step"] for step in answer["steps"]] == ["look", "weigh", "tidy"]
    assert answer["steps"][1]["measurements"][0]["limit"] == {"kind": "range", "low": 4.5, "high": 5.5}
    assert answer["plan"]["package"]["content_hash"] == answer["package"]["content_hash"]


def test_results_are_narrowed(station: RunningStation, tested: object, command: Command) -> None:
    code, found = command("results", "--wip", "WIP-2", "--outcome", "failed", "--since", "1h", folder=station.folder)
    _, none = command("results", "--wip", "WIP-2", "--outcome", "passed", folder=station.folder)

    assert code == 0
    assert found == (
        "run  accepted  batch  WIP  sequence  outcome  time  reason\n"
        "RUN  TIME  quick  WIP-2  quick 1.0.0  FAILED  N s  weigh: out of limits: rail"
    )
    assert none == "No run matches."


def test_status_shows_each_batch_with_its_process(station: RunningStation, command: Command) -> None:
    until(lambda: '"rss_bytes": null' not in _batch(station, "slow"), 15, "nobody looks at the processes' memory")

    assert command("status", folder=station.folder) == (0, UP)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("show", "01ABC"), "RUN_NOT_FOUND: There is no run 01ABC in the results; `station results` lists them."),
        (("stop", "slow"), "BATCH_NOT_RUNNING: Batch slow has no run under way."),
        (("stop", "nine"), 'BATCH_NOT_FOUND: no batch "nine"; the configuration has quick, faulty, slow, idle'),
        (
            ("results", "--since", "soon"),
            "INVALID_PARAMETERS: --since 'soon' is not a time; write 30m, 2h, 3d, 1w, or a date such as "
            "2026-01-31T08:00.",
        ),
        (
            ("run", "-b", "quick", "-p", "voltage"),
            "INVALID_PARAMETERS: -p 'voltage' is not NAME=VALUE, such as -p supply_voltage=11.5",
        ),
        (
            ("up",),
            "STATION_UP: The station is up already in DIR/data; end it first, or set data_dir to another folder.",
        ),
        (
            ("engine", "reset"),
            "STATION_UP: The engine's file is put aside only while the station is down, and it is up in DIR/data; "
            "end it first (SIGTERM, Ctrl-C).",
        ),
    ],
)
def test_an_error_is_one_sentence_with_its_code(
    station: RunningStation, command: Command, words: tuple[str, ...], sentence: str
) -> None:
    assert command(*words, folder=station.folder) == (2, sentence)


def test_a_batch_is_stopped_and_started(station: RunningStation, command: Command) -> None:
    stopped = command("batch", "stop", "faulty", folder=station.folder)
    before = json.loads(_batch(station, "faulty"))["process"]
    started = command("batch", "start", "faulty", folder=station.folder)

    assert stopped == (0, "faulty: stop is done")
    assert (before["state"], before["desired"]) == ("stopped", "stopped")
    assert started[0] == 0
    until(lambda: json.loads(_batch(station, "faulty"))["process"]["state"] == "running", 10, "it does not start")


def test_zz_a_killed_station_is_seen_and_its_engine_begins_anew(station: RunningStation, command: Command) -> None:
    """The last test of this module: it kills the station."""
    started = station.cli("run", "--batch", "slow", "--wip", "WIP-3", "--no-wait")
    until(lambda: holds(station), 20, "the run does not begin")

    station.kill()
    status = command("status", folder=station.folder)
    doctor = command("doctor", folder=station.folder)
    refused = command("run", "-b", "quick", folder=station.folder)
    reset = command("engine", "reset", folder=station.folder)
    again = command("engine", "reset", folder=station.folder)
    ended = json.loads(station.cli("show", "last", "--json").stdout)

    assert started.returncode == 0
    assert status == (0, DOWN)
    assert doctor[0] == 0
    assert _without_machine(doctor[1]) == DOCTOR
    assert refused == (
        2, "ENGINE_UNAVAILABLE: The station is down (nothing runs in DIR/data); start it with `station up`."
    )  # fmt: skip
    assert reset[0] == 0
    assert reset[1].endswith("Run RUN was open and is ABORTED now (ENGINE_RESET).")
    assert again[0] == 2
    assert again[1].endswith("no open run; nothing to reset.")
    assert (ended["outcome"], ended["reason"]["code"], ended["hardware_safe"]) == ("ABORTED", "ENGINE_RESET", False)


def _batch(station: RunningStation, batch: str) -> str:
    batches = json.loads(station.cli("status", "--json").stdout)["batches"]
    return json.dumps(next(known for known in batches if known["batch"] == batch))


def _without_machine(text: str) -> str:
    import re

    text = re.sub(r"engine  temporal version.*", "engine  VERSION", text)
    text = re.sub(r"clock  .*", "clock  NOW", text)
    text = re.sub(r"port (\d+) is free", "port PORT is free", text)
    return "\n".join(text.splitlines()[3:])


def test_plain_leaves_values_alone() -> None:
    assert plain("rail   4.2 V") == "rail  4.2 V"
