"""What is wrong with the settings is told as codes with parameters, for screens in other languages."""

from pathlib import Path

import pytest
from pydantic import JsonValue

from station.config.codes import ProblemCode
from station.config.load import judge, package_problems
from station.config.problems import Problem
from station.config.source import document_of

ONE = "  - id: a\n    sequence_package: sequences/a\n    hardware: {dmm: {ip: 10.0.0.1, port: 1}}\n"
OTHER = ONE.replace("id: a", "id: b")
START = "station: {id: st, name: S}\n"
INTEGER: JsonValue = {"kind": "integer", "low": 0, "high": 65535}
ADDRESS = "both have the same address; give both one name (shared: NAME), or shared: false where it takes several"

WRONG: list[tuple[ProblemCode, str, dict[str, JsonValue]]] = [
    (ProblemCode.YAML_INVALID, "server: {port: !!set 1}\n", {"said": 'the tag "!!set" is not allowed; remove it'}),
    (ProblemCode.KEY_TWICE, "server: {}\nserver: {}\n", {"first": 2, "second": 3}),
    (ProblemCode.VARIABLE_MISSING, "backend: {api_key: '${NOT_THERE}'}\n", {"names": "NOT_THERE"}),
    (ProblemCode.SETTING_MISSING, "batches:\n  - id: a\n", {"wanted": [{"kind": "folder"}]}),
    (ProblemCode.SETTING_UNKNOWN, "sever: {}\n", {"meant": "server"}),
    (
        ProblemCode.SETTING_WRONG,
        "server: {port: 70000}\n",
        {"wanted": [INTEGER], "given": {"kind": "value", "value": "70000", "meant": None}},
    ),
    (
        ProblemCode.SETTING_WRONG,
        "server: {port: [1]}\n",
        {"wanted": [INTEGER], "given": {"kind": "list"}},
    ),
    (ProblemCode.SETTING_NOT_ONE_LINE, 'backend: {username: "a\\nb"}\n', {}),
    (
        ProblemCode.NETWORK_TOO_PRECISE,
        "server: {auth: {whitelist: [10.0.0.1/8]}}\n",
        {"network": "10.0.0.0/8"},
    ),
    (ProblemCode.ADDRESS_HOLDS_MORE, "backend: {url: 'http://a:b@mes'}\n", {}),
    (
        ProblemCode.SETTING_TOO_SMALL,
        "recovery: {backoff_base: 9, backoff_max: 3}\n",
        {"setting": "backoff_max", "least": "backoff_base"},
    ),
    (
        ProblemCode.SETTING_TOO_SMALL,
        "execution: {heartbeat_timeout: 1, heartbeat_interval: 2}\n",
        {"setting": "heartbeat_timeout", "least": "heartbeat_interval", "more": True},
    ),
    (ProblemCode.MES_LOGIN_MISSING, "backend: {url: 'http://mes', auth: jwt}\n", {}),
    (ProblemCode.PORTS_ALIKE, "temporal: {port: 7000, ui_port: 7000}\n", {}),
    (ProblemCode.BATCH_ID_TWICE, f"batches:\n{ONE}{ONE}", {"id": "a", "other": "batches[0]", "place": "line 3"}),
    (
        ProblemCode.INSTRUMENT_CLASH,
        f"batches:\n{ONE}{OTHER}",
        {"other": "batches[0].hardware.dmm", "place": "line 5", "said": ADDRESS},
    ),
]


def problems(text: str, environ: dict[str, str] | None = None) -> list[Problem]:
    return judge(document_of(START + text), environ or {}).problems


@pytest.mark.parametrize(("code", "text", "params"), WRONG)
def test_each_problem_has_a_code_and_what_its_sentence_speaks_of(
    code: ProblemCode, text: str, params: dict[str, JsonValue]
) -> None:
    found = [dict(problem.params) for problem in problems(text) if problem.code is code]

    assert params in found, [(problem.code, problem.params) for problem in problems(text)]


def test_a_variable_that_cannot_be_applied_is_told_in_words() -> None:
    (problem,) = problems("server: {}\n", {"STATION_SERVER__PROT": "1"})

    assert (problem.code, problem.params) == (ProblemCode.VARIABLE_WRONG, {"said": problem.text})


def test_a_package_that_is_not_there_is_named(tmp_path: Path) -> None:
    document = document_of(f"{START}batches:\n{ONE}")
    config = judge(document, {}).config
    assert config is not None

    (problem,) = package_problems(config, document.root, tmp_path)

    assert (problem.code, problem.params["package"]) == (ProblemCode.PACKAGE_NOT_THERE, "sequences/a")


def test_what_may_be_secret_is_in_no_parameter() -> None:
    (problem,) = problems("backend: {api_key: [hunter2]}\n")

    assert "hunter2" not in str(problem.params)
