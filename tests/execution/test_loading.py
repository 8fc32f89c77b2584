"""How packages are read and imported: YAML nobody needs, drivers in every form, versions side by side."""

import sys
from pathlib import Path

import pytest

from station.domain.errors import PackageError
from station.execution.package import find_driver, load_package
from tests.execution.conftest import MANIFEST, Package

STEP = """
@step(1)
async def one(self): ...
"""


def refusal_of(package: Package) -> str:
    with pytest.raises(PackageError) as caught:
        load_package(package.root)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "a: &a [x,x,x,x,x,x,x,x]\n"
            + "".join(f"{c}: &{c} [{','.join(['*' + p] * 8)}]\n" for p, c in zip("abcdefg", "bcdefgh", strict=True)),
            "its aliases expand to more than 20000 values",
        ),
        ("a: &a [*a]\n", "its aliases expand to more than 20000 values"),
        ("[" * 1000, "it is nested deeper than 32 levels"),
        ("x: " + "y" * 300_000, "the file is larger than 256 KiB"),
        (
            "x: !!python/object/apply:os.system [ls]",
            "could not determine a constructor for the tag 'tag:yaml.org,2002:python/object/apply:os.system'",
        ),
        (
            "x: " + "9" * 5000,
            "Exceeds the limit (4300 digits) for integer string conversion: value has 5000 digits; "
            "use sys.set_int_max_str_digits() to increase the limit",
        ),
    ],
)
def test_yaml_that_nobody_needs_is_refused(package: Package, text: str, reason: str) -> None:
    package.sequence(STEP).write("manifest.yaml", text)

    message = refusal_of(package)

    assert message.endswith(f": not usable YAML: {reason}")


@pytest.mark.parametrize(
    "form", ["./drivers/meter.py", "drivers/meter.py", "drivers.meter", "sequences.demo.drivers.meter", "meter"]
)
def test_a_driver_is_found_in_every_form_authors_write(package: Package, form: str) -> None:
    package.write("drivers/meter.py", "")

    found = find_driver(package.root, form)

    assert found == "drivers.meter"


@pytest.mark.parametrize("folder", ["driver", "hardware/real"])
def test_the_folder_of_drivers_may_have_any_name(package: Package, folder: str) -> None:
    package.write(f"{folder}/meter.py", "")

    found = find_driver(package.root, "meter")

    assert found == f"{folder.replace('/', '.')}.meter"


def test_a_driver_outside_of_the_package_is_not_found(package: Package) -> None:
    package.write("../meter.py", "")

    found = find_driver(package.root, "../meter.py")

    assert found is None


def test_two_versions_live_in_one_process_each_with_its_own_drivers(tmp_path: Path) -> None:
    classes = []
    for version in ("1", "2"):
        root = tmp_path / version / "demo"
        root.mkdir(parents=True)
        package = Package(root).write("drivers/meter.py", f"NAME = {version!r}\n")
        package.write("manifest.yaml", MANIFEST)
        package.write(
            "sequence.py",
            """
            from station.sdk import sequence, step
            from .drivers.meter import NAME


            @sequence("demo")
            class Demo:
                name = NAME

                @step(1)
                def one(self): ...
            """,
        )
        classes.append(load_package(root).sequence_class)

    assert [vars(cls)["name"] for cls in classes] == ["1", "2"]


def test_no_bytecode_is_written_and_none_is_believed(package: Package) -> None:
    package.sequence(STEP)
    cache = package.root / "__pycache__"
    cache.mkdir()
    (cache / f"sequence.{sys.implementation.cache_tag}.pyc").write_bytes(b"planted")

    load_package(package.root)

    assert [file.name for file in package.root.rglob("*.pyc")] == [f"sequence.{sys.implementation.cache_tag}.pyc"]
    assert next(cache.iterdir()).read_bytes() == b"planted"


def test_the_manifest_wins_over_the_decorator(package: Package) -> None:
    package.sequence(
        "@step(1, timeout=5, retry=1, on_fail='stop')\ndef one(self):\n    'From the code.'",
        "steps:\n  - {name: one, display_name: One!, timeout: 7, retry: 0, on_fail: continue, order: 4}\n",
    )

    step = load_package(package.root).steps[0]

    assert (step.title, step.timeout, step.retry, step.on_fail, step.order) == ("One!", 7, 0, "continue", 4)
    assert step.description == "From the code."


def test_a_long_step_gets_a_minute_more_than_its_segment(package: Package) -> None:
    package.sequence("@step(1, segment=600)\ndef one(self): ...")

    step = load_package(package.root).steps[0]

    assert step.timeout == 660


def test_a_step_may_be_called_off(package: Package) -> None:
    package.sequence("@step(1)\ndef off(self): ...", "steps:\n  - {name: off, cleanup: false, rearm: yes}\n")

    step = load_package(package.root).steps[0]

    assert (step.name, step.cleanup, step.rearm) == ("off", False, True)
