"""The wheel holds the library and nothing else: `workflows` and `api` are other people's names in site-packages."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_wheel_holds_only_the_library(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]

    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"station"}


def test_the_lock_names_no_index_and_pins_every_package_by_hash() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()

    requirements = [line for line in lines if line and not line.startswith((" ", "#"))]

    assert not [line for line in lines if "://" in line or line.strip().startswith("--index")]
    assert all("==" in line and line.endswith("\\") for line in requirements)
    assert sum("--hash=sha256:" in line for line in lines) >= len(requirements)


def test_the_locks_of_the_screen_name_no_registry_and_pin_everything_by_hash() -> None:
    npm = json.loads((ROOT / "ui" / "package-lock.json").read_text(encoding="utf-8"))
    node = (ROOT / "ui" / "requirements-node.lock").read_text(encoding="utf-8")

    packages = {name: package for name, package in npm["packages"].items() if name}

    assert packages
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert not [
        name for name, package in packages.items() if "integrity" not in package and not package.get("inBundle")
    ]
    assert "://" not in node
    assert node.count("==") == 2
    assert node.count("--hash=sha256:") > 2
