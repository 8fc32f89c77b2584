"""What lint says about packages that load but would fail on a line, and what a new package looks like to it."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from station.domain.errors import PackageError
from station.execution.lint import lint, lint_source
from station.execution.scaffold import new_package
from tests.execution.conftest import MANIFEST, Package

SEQUENCES = Path(__file__).parents[2] / "sequences"

HEAD = """
import asyncio
import time
from time import sleep as nap
import serial
from station.sdk import parameter, sequence, step


@sequence("demo")
class Demo:
    def __init__(self):
        self.fine = 1
"""


def findings_of(package: Package, body: str, manifest: str = "") -> list[str]:
    """Lint a package whose class has this body; its kind is left out, and lines count from the body's first."""
    first = HEAD.count("\n") - 1
    code = "\n".join(f"    {line}" if line else "" for line in body.strip("\n").splitlines())
    package.write("sequence.py", HEAD + code + "\n").write("manifest.yaml", MANIFEST + manifest)
    return [
        f"{finding.severity} {finding.code} {(finding.line or 0) - first}: {finding.message}"
        for finding in lint_source(package.root)
        if finding.code != "KIND_DECORATOR"
    ]


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        (
            "@step(1)\nasync def one(self, ctx):\n    self.count = 1\n    ctx.measure('v', 1)",
            "warning STATE_ON_SELF 3: one keeps `self.count`, which does not survive a crash; "
            "keep it in ctx.state, or return it",
        ),
        (
            "@step(1)\nasync def one(self, ctx):\n    self.helper()\n    return {}\ndef helper(self):\n    self.n += 1",
            "warning STATE_ON_SELF 6: helper keeps `self.n`, which does not survive a crash; "
            "keep it in ctx.state, or return it",
        ),
        (
            "@step(1)\nasync def one(self):\n    time.sleep(1)\n    return {}",
            "warning BLOCKING_CALL 3: time.sleep in async one blocks every step and the stop button; "
            "use await ctx.sleep(...)",
        ),
        (
            "@step(1)\nasync def one(self):\n    nap(1)\n    return {}",
            "warning BLOCKING_CALL 3: time.sleep in async one blocks every step and the stop button; "
            "use await ctx.sleep(...)",
        ),
        (
            "@step(1)\nasync def one(self):\n    port = serial.Serial('x')\n    return {}",
            "warning BLOCKING_CALL 3: serial.Serial in async one blocks every step and the stop button; "
            "use station.sdk.SerialTransport",
        ),
        (
            "@step(1)\nasync def one(self):\n    try:\n        await asyncio.sleep(1)\n"
            "    except:\n        pass\n    return {}",
            "warning SWALLOWS_STOP 5: a bare except swallows the request to stop; "
            "catch Exception, or raise again at the end",
        ),
        (
            "@step(1)\nasync def one(self):\n    try:\n        await asyncio.sleep(1)\n"
            "    except (ValueError, asyncio.CancelledError):\n        pass\n    return {}",
            "warning SWALLOWS_STOP 5: except CancelledError swallows the request to stop; "
            "catch Exception, or raise again at the end",
        ),
        (
            "@step(1)\nasync def one(self):\n    await asyncio.sleep(1)",
            "hint NEVER_MEASURES 2: step one measures nothing and returns nothing; it can only pass or be an error",
        ),
        (
            "@step(1)\nasync def one(self):\n    await self.power.output_on(12)\n    return {}",
            "warning NO_CLEANUP 3: the package switches something on but has no cleanup step; "
            "add one with @step(..., cleanup=True) that switches it off, whatever happened",
        ),
        (
            "@step(1)\nasync def one(self):\n    await self.power.write('OUTP ON')\n    return {}",
            "warning NO_CLEANUP 3: the package switches something on but has no cleanup step; "
            "add one with @step(..., cleanup=True) that switches it off, whatever happened",
        ),
        (
            "@parameter('volts')\ndef volts(self): return 1\n"
            "@step(1)\nasync def one(self):\n    return {'v': self.volts()}",
            "warning PARAMETER_CALLED 5: parameter volts is a value, not a method; write self.volts without ()",
        ),
        (
            "async def identify_unit(self):\n    self.reader.scan()\n@step(1)\nasync def one(self): return {}",
            "warning UNIT_UNKNOWN 1: identify_unit returns nothing, "
            "so no run notices that another unit lies in the slot",
        ),
        (
            "def identify_unit(self):\n    self.power.output_on(5)\n    return 'A'\n"
            "@step(1)\nasync def one(self): return {}\n@step(2, cleanup=True)\nasync def off(self): ...",
            "warning UNIT_ENERGISED 2: identify_unit switches something on, "
            "but it may be another unit that lies in the slot; return what can be read without power, or leave it out",
        ),
        (
            "@step(1)\nasync def one(self):\n    from station.domain.errors import StepError\n    return {}",
            "warning INSIDE_IMPORT 3: station.domain.errors is the inside of the station and changes without notice; "
            "use station.sdk",
        ),
        (
            "@step(1)\nasync def one(self):\n    from sequences.demo.drivers.dmm import Dmm\n    return {}",
            "warning ABSOLUTE_IMPORT 3: import sequences.demo.drivers.dmm takes whatever version is on the path; "
            "write it relatively, as in `from .drivers.dmm import Dmm`",
        ),
    ],
)
def test_each_doubt_has_its_line_and_its_cure(package: Package, body: str, finding: str) -> None:
    assert findings_of(package, body) == [finding]


@pytest.mark.parametrize(
    "body",
    [
        "def identify_unit(self):\n    return 'A'\n@step(1)\nasync def one(self): return {}",
        "@step(1)\nasync def identify_unit(self, ctx):\n    ctx.measure('serial', 'A')",
        "async def setup(self):\n    self.ready = True\n@step(1)\nasync def one(self): return {}",
        "@step(1)\ndef one(self):\n    time.sleep(1)\n    return {}",
        "@step(1)\nasync def one(self, ctx):\n    self.judge(ctx)\ndef judge(self, ctx): ...",
        "@step(1)\nasync def one(self):\n    try:\n        return {}\n    except BaseException:\n        raise",
        "@step(1)\nasync def one(self):\n    await self.p.output_on(1)\n    return {}\n"
        "@step(2, cleanup=True)\nasync def off(self): ...",
    ],
)
def test_what_is_fine_has_no_findings(package: Package, body: str) -> None:
    assert findings_of(package, body) == []


def test_a_cleanup_step_of_the_manifest_counts(package: Package) -> None:
    body = (
        "@step(1)\nasync def one(self):\n    await self.p.output_on(1)\n    return {}\n"
        "@step(2)\nasync def off(self): return {}"
    )

    findings = findings_of(package, body, "steps: [{name: off, cleanup: true}]\n")

    assert findings == []


def test_errors_come_first_and_broken_source_is_no_obstacle(package: Package) -> None:
    package.write("manifest.yaml", MANIFEST + "colour: red\n").write("sequence.py", "def broken(:")

    findings = lint(package.root)

    assert [(finding.code, finding.severity) for finding in findings] == [
        ("MISSING_MODULE", "error"),
        ("UNKNOWN_KEY", "warning"),
    ]


@pytest.mark.parametrize(("base", "code"), [("", "KIND_DECORATOR"), ("(SequenceBase)", "KIND_IMPERATIVE")])
def test_lint_tells_which_kind_of_package_it_is(package: Package, base: str, code: str) -> None:
    package.write("manifest.yaml", MANIFEST)
    package.write(
        "sequence.py",
        f"from station_service_sdk import SequenceBase\nclass Demo{base}:\n    @step(1)\n    def one(self): ...",
    )

    findings = lint_source(package.root)

    assert code in [finding.code for finding in findings]


@pytest.mark.parametrize("name", ["pcb_test", "aging_test"])
def test_our_own_packages_are_clean(name: str) -> None:
    findings = lint(SEQUENCES / name)

    assert [finding.code for finding in findings] == ["KIND_DECORATOR"]


def test_a_new_package_is_clean_and_passes_its_own_test(tmp_path: Path) -> None:
    root = new_package("my_first_test", tmp_path)

    findings = lint(root)
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(root)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert root == tmp_path / "my_first_test"
    assert [finding.code for finding in findings] == ["KIND_DECORATOR"]
    assert "2 passed" in tests.stdout, tests.stdout + tests.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("My-Test", "'My-Test' cannot be a package's name; use lower case letters, digits and `_`, as in pcb_test"),
        ("taken", "{root} is there already; choose another name"),
    ],
)
def test_a_new_package_needs_a_free_name(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "taken").mkdir()

    with pytest.raises(PackageError) as caught:
        new_package(name, tmp_path)

    assert caught.value.message == message.format(root=tmp_path / "taken")


def test_a_step_that_must_not_be_repeated_and_asks_is_warned_of(package: Package) -> None:
    body = """
    @step(1, repeatable=False)
    async def burn(self, ctx):
        ctx.measure("ok", await ctx.prompt("Burnt?"))
    @step(2, repeatable=True)
    async def look(self, ctx):
        ctx.measure("ok", await ctx.prompt("Seen?"))
    """

    assert findings_of(package, textwrap.dedent(body)) == [
        "warning PROMPT_REPEATS 3: step burn must not be repeated, but with each answer it is called again from its "
        "first line; ask before it, in the manifest, or in a step of its own"
    ]
