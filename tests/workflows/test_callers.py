"""Whoever asks something of a run and goes away is let go; whoever waits in vain hears so."""

import asyncio
from datetime import timedelta

import pytest

from station.config.model import StationConfig
from station.control import commands
from station.domain.errors import EngineError
from tests.workflows.stage import BATCH, Stage, plan, step


@pytest.fixture
async def config(stage: Stage) -> StationConfig:
    """A station whose run is open and whose engine is away."""
    await stage.start(plan(step("a")))
    batch = {"id": BATCH, "sequence_package": "sequences/pcb_test"}
    return StationConfig.model_validate({"station": {"id": stage.station, "name": "T"}, "batches": [batch]})


async def test_a_caller_who_goes_away_is_let_go(stage: Stage, config: StationConfig) -> None:
    asking = asyncio.create_task(commands.pause_run(stage.client, config, BATCH, by="kim"))
    await asyncio.sleep(0.5)

    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_caller_whom_nobody_answers_hears_so(
    stage: Stage, config: StationConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "ANSWER_WITHIN", timedelta(seconds=0.5))

    with pytest.raises(EngineError, match="did not answer within"):
        await commands.pause_run(stage.client, config, BATCH, by="kim")
