"""A version is described once, by a process that imported it; plans made of the description are the same."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from station.domain.plan import RetryPlan, RunPolicy
from station.execution.commands import commands_of
from station.execution.package import load_package
from station.execution.planning import make_plan
from station.execution.store import ABANDONED, ABOUT, DRAFT, PackageStore
from tests.execution.conftest import Package
from tests.support import ROOT

STEP = "@step(1)\nasync def one(self): ..."
PACKAGES = sorted(
    manifest.parent
    for folder in ("sequences", "tests/cli/packages", "tests/faults/packages")
    for manifest in (ROOT / folder).glob("*/manifest.yaml")
)


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda folder: folder.name)
def test_a_description_says_what_the_package_says(folder: Path, tmp_path: Path) -> None:
    store = PackageStore(tmp_path)
    version = store.version(store.publish(folder, "kim"))
    package = load_package(folder)
    terms = {"timeout_step": timedelta(hours=1), "retry": RetryPlan(retries=3)}
    given = {name: spec.default or "x" for name, spec in package.parameters.items() if spec.required}

    assert make_plan(version, given, RunPolicy(), **terms) == make_plan(package, given, RunPolicy(), **terms)  # type: ignore[arg-type]
    assert version.steps == package.steps
    assert version.description.commands == commands_of(package)
    assert (version.manifest, version.published_by) == (package.manifest, "kim")


def test_a_version_without_a_description_gets_one(package: Package, tmp_path: Path) -> None:
    store = PackageStore(tmp_path / "store")
    ref = store.publish(package.sequence(STEP).root)
    about = tmp_path / "store" / "demo" / ref.content_hash / ABOUT
    about.unlink()

    version = store.version(ref)

    assert [step.name for step in version.steps] == ["one"]
    assert json.loads(about.read_text())["description"]["ref"] == ref.model_dump()


def test_what_was_left_half_done_is_removed_when_nobody_can_want_it(tmp_path: Path) -> None:
    old, new = tmp_path / f"{DRAFT}old", tmp_path / f"{DRAFT}new"
    for folder in (old, new):
        (folder / "version").mkdir(parents=True)
    at = old.stat().st_mtime - ABANDONED.total_seconds() - 60
    os.utime(old, (at, at))

    PackageStore(tmp_path).sweep()

    assert (old.exists(), new.exists()) == (False, True)
