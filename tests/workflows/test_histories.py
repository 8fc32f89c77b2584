"""Every history that a release has recorded is replayed by the workflows of today."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from tests.workflows.record import HISTORIES
from worker import build

FILES = sorted(HISTORIES.glob("*/*.json"))
KINDS = {
    "passed",
    "failed",
    "stopped",
    "cancelled",
    "paused",
    "skipped",
    "gone_back",
    "crashed_and_resumed",
    "engine_crashed",
    "power_cut",
    "asked_resume",
    "asked_full_restart",
    "asked_skip_failed",
    "asked_abort",
    "cut_first_history",
    "cut_last_history",
    "prompted",
    "by_hand",
    "by_hand_killed",
    "shared",
    "met",
    "repaired",
    "repair_asked",
    "another_unit_resume",
    "another_unit_full_restart",
    "another_unit_abort",
}


def test_every_release_has_recorded_every_kind_of_run() -> None:
    recorded = {folder.name: {file.stem for file in folder.glob("*.json")} for folder in HISTORIES.iterdir()}

    assert recorded
    assert [release for release, kinds in recorded.items() if not kinds >= KINDS] == []


@pytest.mark.parametrize("file", FILES, ids=[f"{file.parent.name}/{file.stem}" for file in FILES])
async def test_a_recorded_run_is_replayed_as_it_happened(file: Path) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    history = WorkflowHistory.from_json(content["id"], content["history"])

    replayer = Replayer(
        workflows=build.WORKFLOWS, workflow_runner=build._RUNNER, data_converter=pydantic_data_converter
    )

    await replayer.replay_workflow(history)


@pytest.mark.parametrize("file", FILES, ids=[f"{file.parent.name}/{file.stem}" for file in FILES])
def test_a_recorded_run_tells_nothing_of_the_machine_it_was_made_on(file: Path) -> None:
    said = "\n".join(_texts(json.loads(file.read_text(encoding="utf-8"))))

    assert re.findall(r"/(?:home|root|tmp|usr|work|Users)/\S*|^\d+@\S+", said, re.MULTILINE) == []


def _texts(value: Any) -> Iterator[str]:
    """Give every text of a history, payloads decoded."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from (base64.b64decode(inner).decode(errors="replace"),) if key == "data" else _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    else:
        yield str(value)
