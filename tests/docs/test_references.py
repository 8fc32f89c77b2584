"""The references say what the source says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.domain.events import EventType
from station.domain.outcome import Outcome
from tests.docs.generate import event_types, rendered
from tests.docs.pages import ROOT, text

ERRORS = ROOT / "docs" / "reference" / "errors.md"
ROOMS = ("station", "workflows", "activities", "worker", "api")
CODE = re.compile(r"[A-Z]{2,}(?:_[A-Z]+)+")
NO_CODES = {"STATION_CONFIG", "STATION_PROBE", "RATE_LIMIT_EXCEEDED", "VALIDATION_ERROR"}
"""Texts in the source that look like codes: an environment variable, and words of the reference MES's replies, which
the station answers by their HTTP status and never shows as codes of its own."""


def _codes_in_source() -> Iterator[str]:
    files = [file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Constant(value=str(word)) if CODE.fullmatch(word):
                    yield word
                case ast.keyword(arg="code", value=ast.Constant(value=str(word))):
                    yield word


def _codes_in_table() -> set[str]:
    rows = [line.split("|")[1] for line in text(ERRORS).splitlines() if line.startswith("| `")]
    return {code for row in rows for code in re.findall(r"`([A-Z_]+)`", row)}


@pytest.mark.parametrize("file", sorted(rendered()), ids=str)
def test_the_generated_references_are_current(file: Path) -> None:
    written = (ROOT / file).read_text(encoding="utf-8")

    assert written == rendered()[file], f"{file} is not current: run `python -m tests.docs.generate`"


def test_every_kind_of_event_says_what_it_holds() -> None:
    assert set(event_types()) == {kind.value for kind in EventType}


def test_every_code_is_explained() -> None:
    missing = set(_codes_in_source()) - _codes_in_table() - NO_CODES

    assert sorted(missing) == [], "these codes are not in docs/reference/errors.md"


def test_no_code_is_explained_that_does_not_exist() -> None:
    invented = _codes_in_table() - set(_codes_in_source())

    assert sorted(invented) == []


def test_the_readme_tells_the_exit_codes() -> None:
    from station.cli.main import EXIT_INTERRUPTED
    from station.cli.output import EXIT_ERROR, OUTCOME_EXIT
    from station.config.load import EXIT_CONFIG

    rows = dict(re.findall(r"^\| (\d+) \| (.+) \|$", text(ROOT / "README.md"), re.MULTILINE))

    assert {str(code) for code in (*OUTCOME_EXIT.values(), EXIT_ERROR, EXIT_CONFIG, EXIT_INTERRUPTED)} == set(rows)
    assert all(rows[str(code)].startswith(str(outcome)) for outcome, code in OUTCOME_EXIT.items() if outcome in Outcome)
