"""What sequences/README.md tells authors to write works as it stands."""

import re
import subprocess
import sys
from pathlib import Path

from station.execution.lint import lint

README = Path(__file__).parents[2] / "sequences" / "README.md"
BLOCK = re.compile(r"^```(?:python|yaml) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_package_of_the_readme_is_clean_and_passes_its_own_test(tmp_path: Path) -> None:
    blocks = BLOCK.findall(README.read_text(encoding="utf-8"))
    for name, text in blocks:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    findings = lint(tmp_path / "fan_test")
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path / "fan_test")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert [name for name, _ in blocks] == [
        "fan_test/manifest.yaml",
        "fan_test/drivers/fan.py",
        "fan_test/sequence.py",
        "fan_test/test_sequence.py",
    ]
    assert [finding.code for finding in findings] == ["KIND_DECORATOR"]
    assert "2 passed" in tests.stdout, tests.stdout + tests.stderr
