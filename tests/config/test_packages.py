"""Every batch's sequence package is looked for before anything is started."""

from pathlib import Path

import pytest

from station.config.load import check_packages
from station.domain.errors import ConfigError
from tests.config.conftest import FILE, HEAD, Loader


def _package(name: str) -> None:
    Path(name).mkdir(parents=True)
    Path(name, "manifest.yaml").write_text("name: x\n", encoding="utf-8")


def _batches(*packages: str) -> str:
    lines = [f"  - id: batch_{number}\n    sequence_package: {name}\n" for number, name in enumerate(packages, 1)]
    return HEAD + "batches:\n" + "".join(lines)


def _refusal(load: Loader, text: str, environ: dict[str, str] | None = None) -> str:
    config = load(text, environ)
    with pytest.raises(ConfigError) as caught:
        check_packages(config, FILE, Path.cwd())
    return caught.value.message


def test_packages_that_are_there_pass(load: Loader) -> None:
    _package("sequences/pcb_test")
    config = load(_batches("sequences/pcb_test", "sequences/pcb_test"))

    check_packages(config, FILE, Path.cwd())


def test_a_folder_that_is_not_there_is_answered_with_those_that_are(load: Loader) -> None:
    _package("sequences/pcb_test")
    _package("sequences/aging_test")

    message = _refusal(load, _batches("sequences/pcb_tset", "sequences/pcb_test", "sequences/qqq"))

    assert message == (
        "station.yaml:4: batches[0].sequence_package: there is no folder sequences/pcb_tset; "
        'did you mean "sequences/pcb_test"? The packages there are: sequences/aging_test, sequences/pcb_test\n'
        "station.yaml:8: batches[2].sequence_package: there is no folder sequences/qqq; "
        "the packages there are: sequences/aging_test, sequences/pcb_test"
    )


def test_a_folder_without_a_manifest_is_no_package(load: Loader) -> None:
    Path("sequences/pcb_test").mkdir(parents=True)

    message = _refusal(load, _batches("sequences/pcb_test"))

    assert message == (
        "station.yaml:4: batches[0].sequence_package: the folder sequences/pcb_test has no manifest.yaml; "
        "there are no sequence packages beside it either"
    )


def test_packages_elsewhere_are_offered_too(load: Loader, tmp_path: Path) -> None:
    _package("sequences/pcb_test")
    _package("lab/trial")

    message = _refusal(load, _batches("lab/trail"))

    assert message == (
        "station.yaml:4: batches[0].sequence_package: there is no folder lab/trail; "
        'did you mean "lab/trial"? The packages there are: lab/trial, sequences/pcb_test'
    )


def test_a_package_that_an_override_names_is_blamed_on_it(load: Loader) -> None:
    _package("sequences/pcb_test")
    environ = {"STATION_BATCHES__0__SEQUENCE_PACKAGE": "sequences/qqq"}

    message = _refusal(load, _batches("sequences/pcb_test"), environ)

    assert message == (
        "STATION_BATCHES__0__SEQUENCE_PACKAGE: batches[0].sequence_package: there is no folder sequences/qqq; "
        "the packages there are: sequences/pcb_test"
    )


def test_a_package_that_a_variable_names_is_found_at_its_line(load: Loader) -> None:
    message = _refusal(load, _batches('"${PACKAGE}"'), {"PACKAGE": "q" * 300})

    assert message == (
        f"station.yaml:4: batches[0].sequence_package: there is no folder {'q' * 300}; "
        "there are no sequence packages beside it either"
    )
