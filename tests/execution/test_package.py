"""What verification says about broken packages, and what it makes of good ones."""

from datetime import timedelta
from pathlib import Path

import pytest

from station.domain.errors import PackageError, PackageNotFoundError
from station.execution.hashing import content_hash
from station.execution.package import load_package
from tests.execution.conftest import DRIVER, MANIFEST, Package

STEP = """
@step(1)
async def one(self): ...
"""

HARDWARE = """
hardware:
  meter: {driver: ./drivers/meter.py, class: Meter}
"""


def refusal_of(package: Package) -> str:
    with pytest.raises(PackageError) as caught:
        load_package(package.root)
    return str(caught.value)


def test_a_package_that_fits_is_loaded_with_everything_it_says(package: Package) -> None:
    package.sequence(STEP, HARDWARE).write("drivers/meter.py", DRIVER)

    loaded = load_package(package.root)

    assert loaded.ref.name == "demo"
    assert loaded.ref.version == "1.2.3"
    assert loaded.ref.content_hash == content_hash(package.root)
    assert [step.name for step in loaded.steps] == ["one"]
    assert [cls.__name__ for cls in loaded.drivers.values()] == ["Meter"]


def test_no_folder_is_a_package_not_found(tmp_path: Path) -> None:
    with pytest.raises(PackageNotFoundError) as caught:
        load_package(tmp_path / "demo")

    assert str(caught.value) == f"there is no sequence package at {tmp_path / 'demo'}"
    assert caught.value.code == "SEQUENCE_NOT_FOUND"


@pytest.mark.parametrize(
    ("manifest", "sequence", "finding"),
    [
        (
            None,
            STEP,
            "MISSING_FILE manifest.yaml: the package has no manifest.yaml; write one that begins with `name: demo`",
        ),
        (
            "name: [demo",
            STEP,
            "INVALID_YAML manifest.yaml:1: not usable YAML: expected ',' or ']', but got '<stream end>'",
        ),
        (
            "name: demo\nname: demo2\n",
            STEP,
            "INVALID_YAML manifest.yaml:2: not usable YAML: the key 'name' is written twice in one place",
        ),
        (
            "- demo",
            STEP,
            "INVALID_SCHEMA manifest.yaml:1: the file must be a mapping that begins with `name:`, `version:` "
            "and `entry_point:`",
        ),
        (
            "name: demo\nversion: 1.0.0\nentry_point: {module: sequence, class: Demo}\nsteps:\n"
            "  - {name: one, timeout: 0}\n",
            STEP,
            "INVALID_SCHEMA manifest.yaml:5: `steps[0]`: timeout is 0.0; it must be above 0 and at most 86400 seconds",
        ),
        (
            "name: demo\nversion: 1.0.0\nentry_point: {module: sequence, class: Demo}\n"
            "limits:\n  v: {low: 2, high: 1}\n",
            STEP,
            "INVALID_SCHEMA manifest.yaml:5: `limits.v`: low (2) is above high (1); no value can pass",
        ),
        (
            "name: demo\nversion: 1.0.0\nentry_point: {module: sequence, class: Demo}\n"
            "parameters:\n  volts: {type: float, default: 40, max: 30, unit: V}\n",
            STEP,
            "INVALID_SCHEMA manifest.yaml:5: `parameters.volts`: the default is 40 V, above its maximum 30 V",
        ),
        (
            "name: other\nversion: 1.0.0\nentry_point: {module: sequence, class: Demo}\n",
            STEP,
            "NAME_MISMATCH manifest.yaml: the package is called other but its folder demo; rename one of them",
        ),
        (
            "name: demo\nversion: 1.0.0\nentry_point: {module: main, class: Demo}\n",
            STEP,
            "MISSING_MODULE manifest.yaml: `entry_point.module` is main, but the package has no such file; "
            "name a file of the package without `.py`, as in `sequence`",
        ),
        (
            "name: demo\nversion: 1.0.0\nentry_point: {module: sequence, class: Other}\n",
            STEP,
            "MISSING_CLASS sequence.py: sequence.py has no class Other, which `entry_point.class` names",
        ),
        (
            "name: demo\nversion: 1.0.0\nentry_point: {module: sequence, class: Demo}\n"
            "hardware:\n  meter: {driver: ./drivers/meter.py, class: Meter}\n",
            STEP,
            "MISSING_DIR manifest.yaml: instrument meter: the package has no folder drivers to hold the driver "
            "./drivers/meter.py",
        ),
        (
            "name: demo\nversion: 1.0.0\nentry_point: {module: sequence, class: Demo}\n"
            "hardware:\n  meter: {driver: meter, class: Meter}\n",
            STEP,
            "MISSING_DRIVER manifest.yaml: instrument meter: there is no driver meter in the package; "
            "write `./drivers/dmm.py`, `drivers.dmm` or `dmm` for the file drivers/dmm.py",
        ),
        (
            "name: demo\nversion: 1.0.0\nentry_point: {module: sequence, class: Demo}\n"
            "hardware:\n  meter: {driver: sequence, class: Meter}\n",
            STEP,
            "MISSING_DRIVER sequence.py: sequence.py has no class Meter, which `hardware.meter.class` names",
        ),
        (
            MANIFEST,
            "x = 1",
            "NO_STEPS sequence.py: no method is marked with @step (cleanup steps alone test nothing); "
            "mark at least one",
        ),
        (
            MANIFEST,
            "@step(1)\ndef one(self): ...\n@step(1)\ndef two(self): ...",
            "DUPLICATE_ORDER sequence.py:9: steps one and two both have order 1; give each its own "
            "(steps run at the same time by `needs`, not by an equal order)",
        ),
        (
            MANIFEST,
            '@step(1, needs=["b"])\ndef a(self): ...\n@step(2, needs=["a"])\ndef b(self): ...',
            "INVALID_SCHEMA sequence.py: steps wait for each other and none can begin: a -> b -> a; "
            "take one out of `needs`",
        ),
        (
            MANIFEST,
            '@step(1, needs=["c"])\ndef a(self): ...\n@step(2)\ndef b(self): ...\n'
            '@step(3, needs=["b"])\ndef c(self): ...',
            "INVALID_SCHEMA sequence.py: steps wait for each other and none can begin: a -> c -> b -> a; "
            "take one out of `needs`",
        ),
        (
            MANIFEST,
            '@step(1)\ndef power(self): ...\n@step(2, needs=["powr"])\ndef b(self): ...',
            "INVALID_SCHEMA sequence.py:9: step b needs powr, which is no step of the package (did you mean power?)",
        ),
        (
            MANIFEST,
            '@step(1, uses=["dmm"])\ndef a(self): ...',
            "INVALID_SCHEMA sequence.py:7: step a uses dmm, which is no instrument of the manifest (there is none)",
        ),
        (
            MANIFEST,
            '@step(1, condition="!hot")\ndef a(self): ...',
            "INVALID_SCHEMA sequence.py:7: step a has the condition !hot, which is neither a parameter nor a method "
            "(there is none)",
        ),
        (
            MANIFEST + "steps: [{name: ones}]\n",
            STEP,
            "INVALID_SCHEMA manifest.yaml: `steps` speaks of ones, which no method does (did you mean one?); "
            "write the method, take the entry out, or mark it `lifecycle: true`",
        ),
    ],
)
def test_each_finding_says_what_is_wrong_and_where(
    package: Package, manifest: str | None, sequence: str, finding: str
) -> None:
    package.sequence(sequence)
    if manifest is None:
        (package.root / "manifest.yaml").unlink()
    else:
        package.write("manifest.yaml", manifest)

    message = refusal_of(package)

    assert message == f"sequence package demo cannot be used:\n  {finding}"


def test_a_class_without_the_mark_is_named(package: Package) -> None:
    package.write("manifest.yaml", MANIFEST).write("sequence.py", "class Demo: ...")

    message = refusal_of(package)

    assert message == (
        "sequence package demo cannot be used:\n"
        "  MISSING_DECORATOR sequence.py: class Demo is not marked; write @sequence('demo') above it"
    )


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        (
            "def broken(:",
            "MISSING_MODULE sequence.py:1: importing it fails with SyntaxError: invalid syntax (sequence.py, line 1)",
        ),
        ("\nimport sys\nsys.exit(3)", "MISSING_MODULE sequence.py:2: importing it fails with SystemExit: 3"),
        (
            "import not_there_at_all",
            "MISSING_MODULE sequence.py:1: importing it fails with ModuleNotFoundError: No module named "
            "'not_there_at_all'; install it, or import files of the package relatively "
            "(`from .drivers.dmm import Dmm`)",
        ),
        ("raise ValueError('no')", "MISSING_MODULE sequence.py:1: importing it fails with ValueError: no"),
    ],
)
def test_a_module_that_cannot_be_imported_is_a_finding(package: Package, code: str, finding: str) -> None:
    package.write("manifest.yaml", MANIFEST).write("sequence.py", code)

    message = refusal_of(package)

    assert message == f"sequence package demo cannot be used:\n  {finding}"


def test_nonsense_in_a_decorator_is_a_finding_with_its_line(package: Package) -> None:
    package.sequence("@step(1, timeout=0)\ndef a(self): ...")

    message = refusal_of(package)

    assert message == (
        "sequence package demo cannot be used:\n"
        "  MISSING_MODULE sequence.py:7: importing it fails with ValueError: @step(order=1): timeout is 0; "
        "it must be above 0 and at most 86400 seconds"
    )


def test_all_findings_are_in_the_facts(package: Package) -> None:
    package.sequence(STEP, "colour: red\n").write("manifest.yaml", MANIFEST.replace("demo", "other") + "colour: red\n")

    with pytest.raises(PackageError) as caught:
        load_package(package.root)

    findings = caught.value.facts["findings"]
    assert isinstance(findings, list)
    assert [(finding["code"], finding["severity"]) for finding in findings] == [
        ("UNKNOWN_KEY", "warning"),
        ("NAME_MISMATCH", "error"),
    ]


def test_unknown_keys_are_kept_and_reported(package: Package) -> None:
    package.sequence(STEP, "colour: red\nparameters:\n  volts: {type: float, colour: blue}\n")

    loaded = load_package(package.root)

    assert [str(warning) for warning in loaded.warnings] == [
        "UNKNOWN_KEY manifest.yaml:4: `colour` means nothing to the station; it is kept and ignored (misspelt?)",
        "UNKNOWN_KEY manifest.yaml:6: `parameters.volts.colour` means nothing to the station; "
        "it is kept and ignored (misspelt?)",
    ]
    assert loaded.manifest.model_extra == {"colour": "red"}


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        (
            "{message: Q, kind: slider}",
            "'slider' is not a kind of field; choose one of text, number, ",
        ),
        (
            "{message: Q, kind: text, min: 1}",
            "min means nothing to a text field; it knows default, kind, label, max_length, ",
        ),
        ("{message: Q, kind: choice, choices: []}", "Tuple should have at least 1 item"),
        (
            "{message: Q, kind: number, max: 1, default: 2}",
            "the default of answer cannot be an answer: 2.0 is not a number up to 1",
        ),
        ("{message: Q, kind: text, fields: [{kind: confirm}]}", "kind stands beside `fields`; say it of one of them"),
        ("{message: Q, on_timeout: default, timeout: 5}", "on_timeout is `default`, which needs a default for answer"),
        ('{message: ""}', "String should have at least 1 character"),
        (
            "{message: Q, picture: led.png}",
            "MISSING_FILE manifest.yaml: the prompt of step one shows led.png, but the package has no such file",
        ),
    ],
)
def test_a_prompt_of_the_manifest_that_makes_no_sense_is_refused(package: Package, prompt: str, why: str) -> None:
    package.sequence(STEP, f"steps: [{{name: one, prompt: {prompt}}}]")

    assert why in refusal_of(package)


def test_a_prompt_of_the_manifest_is_pinned_with_its_step(package: Package) -> None:
    manifest = """
    steps:
      - name: one
        prompt:
          message: {ko: 보기, en: Look}
          picture: pictures/led.png
          timeout: 30
          fields:
            - {name: color, kind: choice, choices: [red, {value: g, label: {ko: 녹색, en: Green}}], label: Color}
            - {name: ok, kind: pass_fail}
    """
    package.sequence(STEP, manifest).write("pictures/led.png", "png")

    loaded = load_package(package.root)

    (step,) = loaded.steps
    assert loaded.warnings == ()
    assert step.prompt is not None
    assert (step.prompt.key, step.prompt.message.ko, step.prompt.timeout) == ("prompt", "보기", timedelta(seconds=30))
    assert step.prompt.kinds == {"color": "choice", "ok": "pass_fail"}


@pytest.mark.parametrize(
    ("sequence", "why"),
    [
        ("@step(1)\nasync def zero(self): ...\n@step(2, cleanup=True)\nasync def one(self): ...",
         "step one asks something (`prompt`), but a cleanup step must end without anybody"),
        ("def ready(self): return True\n@step(1, condition='ready')\nasync def one(self): ...",
         "step one asks something (`prompt`), but whether it runs is known only to the method ready"),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_asked_about_is_refused(package: Package, sequence: str, why: str) -> None:
    package.sequence(sequence, "steps: [{name: one, prompt: {message: Q}}]")

    assert why in refusal_of(package)
