"""What a batch's process does before it takes up work: make safe what the last one left on, and say what was lost."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from station.config.model import StationConfig
from station.control.layout import Layout
from station.storage.journal import SessionClaim
from station.storage.steps import StepKey
from tests.activities.conftest import BATCH, RUN, Slot
from tests.support import free_ports
from worker.batch import make_slot_safe, report_lost_steps, run_batch


async def claim(slot: Slot) -> SessionClaim:
    found = await slot.journal.owner(BATCH)
    assert found is not None
    return found


async def test_a_session_that_a_dead_process_left_open_is_made_safe_and_given_back(slot: Slot) -> None:
    await slot.process(pid=1).open()
    calls = len(slot.calls)

    await make_slot_safe(slot.process(pid=2).execution, await claim(slot))

    batch = await slot.batches.get(BATCH)
    assert slot.calls[calls:] == ["connect", "make_safe", "make_safe", "disconnect"]
    assert batch is not None
    assert (batch.session_token, batch.hardware_safe) == (None, True)


async def test_the_instruments_are_made_safe_that_were_opened_though_the_configuration_names_others_now(
    slot: Slot,
) -> None:
    await slot.process(pid=1).open()
    calls, other = len(slot.calls), slot.folder / "other"
    other.mkdir()
    execution = slot.process(pid=2).execution
    settings = replace(execution.hardware.settings, hardware={"meter": {"folder": str(other)}})
    execution.hardware.settings = settings

    await make_slot_safe(execution, await claim(slot))

    assert slot.calls[calls:] == ["connect", "make_safe", "make_safe", "disconnect"]
    assert not (other / "calls").exists()


async def test_a_claim_that_keeps_no_settings_is_made_safe_with_those_of_today(slot: Slot) -> None:
    await slot.journal.claim_session(BATCH, "old", RUN, slot.plan.package, {}, datetime.now(UTC))

    await make_slot_safe(slot.process().execution, await claim(slot))

    assert slot.calls == ["connect", "make_safe", "make_safe", "disconnect"]


async def test_hardware_that_cannot_be_reached_is_an_alert_and_stays_claimed(slot: Slot) -> None:
    await slot.process(pid=1).open()
    slot.tell("unreachable")

    await make_slot_safe(slot.process(pid=2).execution, await claim(slot))

    batch = await slot.batches.get(BATCH)
    assert batch is not None
    assert batch.alert == "the hardware could not be made safe: instrument meter: nobody answers"
    assert (batch.session_token, batch.hardware_safe) == ("token-1", False)
    assert batch.quarantine is not None
    assert batch.quarantine.reason == batch.alert


async def test_a_session_without_a_package_has_nothing_to_make_safe(slot: Slot) -> None:
    await slot.journal.claim_session(BATCH, "manual", None, None, {}, datetime.now(UTC))

    await make_slot_safe(slot.process().execution, await claim(slot))

    assert slot.calls == []


async def test_hardware_that_was_left_on_does_not_wait_for_an_engine_that_is_away(slot: Slot) -> None:
    await slot.process(pid=1).open()
    calls = len(slot.calls)
    (port,) = free_ports(1)
    config = StationConfig.model_validate(
        {
            "station": {"id": "T1", "name": "T1"},
            "data_dir": ".",
            "temporal": {"address": f"127.0.0.1:{port}"},
            "batches": [{"id": BATCH, "sequence_package": "demo", "hardware": {"meter": {"folder": str(slot.folder)}}}],
        }
    )
    layout = Layout.of(config, slot.folder)
    layout.batch_lock(BATCH).parent.mkdir()

    process = asyncio.create_task(run_batch(config, layout, BATCH))
    await slot.called("disconnect")
    process.cancel()
    await asyncio.wait([process])

    assert slot.calls[calls:] == ["connect", "make_safe", "make_safe", "disconnect"]


@dataclass
class Engine:
    """A Temporal client that keeps which activities were reported as lost; one of them it does not know any more."""

    lost: list[tuple[bytes, str]] = field(default_factory=list)
    forgotten: bytes = b"forgotten"

    def get_async_activity_handle(self, *, task_token: bytes) -> "Handle":
        return Handle(self, task_token)


@dataclass
class Handle:
    engine: Engine
    token: bytes

    async def fail(self, error: ApplicationError) -> None:
        if self.token == self.engine.forgotten:
            raise RPCError("no such activity", RPCStatusCode.NOT_FOUND, b"")
        self.engine.lost.append((self.token, error.type or ""))


async def test_the_engine_is_told_of_the_activities_the_last_process_took_with_it(slot: Slot) -> None:
    now = datetime.now(UTC)
    await slot.journal.claim_session(BATCH, "old", RUN, slot.plan.package, {}, now)
    for step, token in {"measure": b"forgotten", "gated": b"task-2", "soak": None}.items():
        key: dict[str, Any] = {"batch": BATCH, "session": "old", "index": 0, "round": 1, "segment": 1}
        await slot.journal.begin_step(StepKey(RUN, step), task_token=token, pid=1, at=now, **key)
    engine = Engine()

    await report_lost_steps(cast("Client", engine), RUN, slot.process(pid=2).execution)

    assert engine.lost == [(b"task-2", "WORKER_CRASHED")]
