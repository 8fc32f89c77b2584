"""The command line without a station: errors, exit codes, help, packages."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from station.cli.parameters import read_parameters
from station.cli.prompts import read_words
from station.control.prompting import BatchPrompt, choose
from station.domain.errors import CommandRefusedError, ParameterError
from station.domain.prompt import OpenPrompt, Prompt
from tests.cli.conftest import PACKAGES, Command
from tests.support import cli, environment

COMMANDS = (
    "up", "demo", "sim", "batch", "doctor", "engine", "run", "stop", "recover", "pause", "resume", "skip", "goto",
    "repeat", "manual", "clear", "prompts", "answer", "queue", "convert",
    "status", "results", "show", "lint", "new", "mes",
)  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_examples(command: Command, name: str) -> None:
    code, written = command(name, "--help")

    assert code == 0
    assert written.startswith(f"Usage: station {name}")
    assert f"  Examples:\n  station {name}" in written


def test_a_missing_configuration_exits_with_78(command: Command, tmp_path: Path) -> None:
    assert command("status", folder=tmp_path) == (
        78, "CONFIG_INVALID: config/station.yaml: there is no such file; name one, or begin with a copy of the example"
    )  # fmt: skip


def test_a_wrong_configuration_is_named_by_its_line(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("station: {id: A, name: A}\nbatchs: []\n")

    code, written = command("results", "-c", "s.yaml", folder=tmp_path)

    assert code == 78
    assert written.startswith("CONFIG_INVALID: s.yaml:2: batchs: ")


def test_an_unknown_command_exits_with_2(command: Command) -> None:
    code, written = command("frobnicate")

    assert code == 2
    assert "No such command 'frobnicate'" in written


def test_a_bug_is_an_error_of_the_station_not_a_bad_unit(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("station.execution.lint.lint", lambda _: 1 / 0)

    code, written = command("lint", str(PACKAGES / "quick"))

    assert code == 2
    assert "ZeroDivisionError" in written


def test_the_exit_code_is_ours_even_while_the_sdks_threads_live(tmp_path: Path) -> None:
    program = (
        "import sys; from temporalio.runtime import Runtime; Runtime.default()\n"
        "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()\n"
        "sys.argv = ['station', 'status']\n"
        "from station.cli import main; main()\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment(), capture_output=True, timeout=30, check=False
    )

    assert ended.returncode == 78


def test_a_closed_pipe_is_no_fault(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)

    ended = subprocess.run(
        [sys.executable, "-m", "station.cli", "--help"],
        cwd=tmp_path, env=environment(), stdout=write, stderr=subprocess.PIPE, timeout=30, check=False,
    )  # fmt: skip
    os.close(write)

    assert ended.returncode in {0, 1}
    assert ended.stderr == b""


def test_only_the_wheel_is_not_enough_to_come_up(tmp_path: Path) -> None:
    library = tmp_path / "site"
    library.mkdir()
    (library / "station").symlink_to(Path(__file__).parents[2] / "station")
    program = (
        "from pathlib import Path; import station.cli.processes as p\n"
        f"p.__file__ = {str(library / 'station' / 'cli' / 'processes.py')!r}\n"
        "Path.resolve = lambda self, strict=False: self\n"
        "import sys; sys.argv = ['station', 'demo']\n"
        "from station.cli import main; main()\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path, env=environment(), text=True, capture_output=True, timeout=30, check=False,
    )  # fmt: skip

    assert ended.returncode == 2
    assert ended.stderr.startswith("APPLICATION_MISSING: The package worker is not beside the library")


def test_a_package_is_looked_over(command: Command, tmp_path: Path) -> None:
    good = command("lint", str(PACKAGES / "quick"))
    bad = command("lint", "nowhere", folder=tmp_path)

    assert good[0] == 0
    assert good[1].endswith("PACKAGES/quick: can be used")
    assert bad == (1, "error  MISSING_DIR: there is no package folder DIR/nowhere\nnowhere: 1 errors")


def test_a_new_package_can_be_used_and_is_not_overwritten(command: Command, tmp_path: Path) -> None:
    made = command("new", "motor_test", "--into", "sequences", folder=tmp_path)
    linted = command("lint", "sequences/motor_test", folder=tmp_path)
    again = command("new", "motor_test", "--into", "sequences", folder=tmp_path)

    assert made[0] == 0
    assert "sequences/motor_test/manifest.yaml" in made[1]
    assert linted[0] == 0
    assert again == (2, "PACKAGE_INVALID: sequences/motor_test is there already; choose another name")


def test_a_station_that_was_never_up_has_a_status(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "station.yaml").write_text("station: {id: A, name: A}\ntemporal: {port: 1, ui_port: 2}\n")

    ended = cli("status", folder=tmp_path)

    assert ended.returncode == 0
    assert ended.stdout.startswith(
        "Station   A (A): down\nTemporal  127.0.0.1:1: away\nthere is no results database at"
    )


def test_parameters_are_typed_as_yaml_types_them() -> None:
    words = ["a=1", "b=1.5", "c=true", "d=text with = in it", "e=2026-01-31", 'f="1"', "g=", "h=null"]

    assert read_parameters(words) == {
        "a": 1, "b": 1.5, "c": True, "d": "text with = in it", "e": "2026-01-31", "f": "1", "g": None, "h": None,
    }  # fmt: skip


@pytest.mark.parametrize("word", ["a", "=1", "a=[1, 2]", "a={b: 1}", "a=*x", 'a="x'])
def test_what_is_no_single_value_is_refused(word: str) -> None:
    with pytest.raises(ParameterError):
        read_parameters([word])


@pytest.mark.parametrize(
    ("words", "meant", "values"),
    [
        (["answer=pass"], None, {"answer": "pass"}),
        (["led", "answer=fail"], "led", {"answer": "fail"}),
        (["2", "color=red", "text=a=b"], "2", {"color": "red", "text": "a=b"}),
        (["note="], None, {"note": ""}),
    ],
)
def test_an_answer_is_taken_apart(words: list[str], meant: str | None, values: dict[str, str]) -> None:
    assert read_words(words) == (meant, values)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["led"], "nothing is answered; write NAME=VALUE"),
        (["led", "pass"], "'pass' is not an answer; write NAME=VALUE, such as answer=pass"),
    ],
)
def test_an_answer_that_is_none_is_refused(words: list[str], why: str) -> None:
    with pytest.raises(ParameterError, match=why):
        read_words(words)


def _waiting(number: int, step: str, key: str) -> BatchPrompt:
    asked = OpenPrompt(
        id=f"R1:{number}", step=step, prompt=Prompt.model_validate({"message": "?", "key": key}),
        asked_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    return BatchPrompt(batch="b1", run_id="R1", asked=asked)


@pytest.mark.parametrize("meant", ["R1:2", "2", "look", "seen", "look.seen"])
def test_the_prompt_that_is_meant_is_found_by_any_of_its_names(meant: str) -> None:
    assert choose([_waiting(1, "insert", "prompt"), _waiting(2, "look", "seen")], "b1", meant) == "R1:2"


def test_the_only_prompt_needs_no_name_and_a_closed_one_is_the_runs_to_refuse() -> None:
    assert choose([_waiting(1, "insert", "prompt")], "b1", None) == "R1:1"
    assert choose([], "b1", "R1:9") == "R1:9"


@pytest.mark.parametrize(
    ("count", "meant", "why"),
    [
        (0, None, "The run on batch b1 asks nothing now."),
        (1, "led", "The run on batch b1 does not ask led; it asks 1 (insert.prompt)."),
        (2, None, "Batch b1 asks more than one thing; say which: 1 (insert.prompt), 2 (look.seen)."),
    ],
)
def test_a_prompt_that_is_not_clear_is_refused_with_what_is_asked(count: int, meant: str | None, why: str) -> None:
    prompts = [_waiting(1, "insert", "prompt"), _waiting(2, "look", "seen")][:count]

    with pytest.raises(CommandRefusedError) as error:
        choose(prompts, "b1", meant)

    assert (error.value.code, error.value.message) == ("PROMPT_NOT_OPEN", why)
