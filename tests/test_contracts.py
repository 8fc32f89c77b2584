"""Each stub in `station.contracts` has exactly one implementation that says the same."""

import inspect
import typing
from collections.abc import Callable
from typing import Any

import pytest
from temporalio import activity, workflow

from activities.execution import Execution
from activities.hardware import Hardware
from activities.manual import ManualControl, ManualRecording
from activities.prompts import PromptRecording
from activities.recording import Recording
from activities.sharing import Sharing
from activities.steering import SteeringRecords
from activities.supervision import Supervision
from station.contracts import activities as stubs
from station.contracts import manual, prompts, repair, sharing, steering
from station.contracts.run import RunContract
from workflows.manual import ManualSession
from workflows.run import StationRun

IMPLEMENTATIONS = (
    Execution,
    Hardware,
    ManualControl,
    ManualRecording,
    PromptRecording,
    Recording,
    Sharing,
    SteeringRecords,
    Supervision,
)


def _activities(place: object) -> dict[str, Callable[..., Any]]:
    found = {}
    for _, member in inspect.getmembers(place, inspect.isfunction):
        definition = activity._Definition.from_callable(member)
        if definition is not None and definition.name is not None:
            found[definition.name] = member
    return found


STUBS = {
    name: stub
    for place in (stubs, manual, prompts, repair, sharing, steering)
    for name, stub in _activities(place).items()
}


def _says(function: Callable[..., Any]) -> tuple[list[Any], Any]:
    hints = typing.get_type_hints(function)
    result = hints.pop("return")
    return list(hints.values()), result


@pytest.mark.parametrize("name", sorted(STUBS))
def test_an_activity_is_implemented_once_as_its_stub_says(name: str) -> None:
    found = [_activities(place)[name] for place in IMPLEMENTATIONS if name in _activities(place)]

    assert len(found) == 1
    assert _says(found[0]) == _says(STUBS[name])


def test_no_activity_is_without_a_stub() -> None:
    implemented = {name for place in IMPLEMENTATIONS for name in _activities(place)}

    assert implemented == set(STUBS)


@pytest.mark.parametrize(
    ("promise", "keeps", "name"),
    [(RunContract, StationRun, "station.run"), (manual.ManualContract, ManualSession, "station.manual")],
)
def test_a_slots_workflow_handles_what_its_contract_says(promise: type, keeps: type, name: str) -> None:
    contract = workflow._Definition.must_from_class(promise)
    implementation = workflow._Definition.must_from_class(keeps)

    assert contract.name == implementation.name == name
    for kind in ("signals", "updates", "queries"):
        promised, kept = getattr(contract, kind), getattr(implementation, kind)
        assert set(promised) == set(kept)
        for handler in promised:
            one = getattr(promised[handler], "fn", None) or promised[handler]._fn
            other = getattr(kept[handler], "fn", None) or kept[handler]._fn
            assert _says(one) == _says(other)
