"""Starts runs on several batches, which may meet before certain steps, and stops all that are under way."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from pydantic import JsonValue
from temporalio.client import Client
from temporalio.service import RPCError

from station.config.model import StationConfig
from station.contracts.barrier import Barrier, BarrierNote, News
from station.contracts.run import RunContract
from station.control.commands import run_handle, stop_run
from station.control.layout import Layout
from station.control.starting import plan_for, start_run
from station.domain.errors import BatchNotRunningError, CommandRefusedError, ParameterError, StationError
from station.domain.run import UnitUnderTest
from station.storage.runs import Runs


@dataclass(frozen=True)
class Order:
    """What is to be started on one batch."""

    batch: str
    unit: UnitUnderTest = field(default_factory=UnitUnderTest)
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    without_mes: bool = False
    run_id: str | None = None
    """The run's id, for a caller who may ask twice; None: a new run."""


@dataclass(frozen=True)
class Started:
    """What became of one of them: the run's id, or why there is none."""

    order: Order
    run_id: str = ""
    refused: StationError | None = None


async def start_together(
    client: Client,
    config: StationConfig,
    layout: Layout,
    runs: Runs,
    orders: Sequence[Order],
    *,
    started_by: str,
    meet_at: Sequence[str] = (),
    group: str | None = None,
) -> list[Started]:
    """Start runs on several batches; one that is refused does not keep the others from starting.

    Args:
        client: Connected to the station's Temporal server.
        config: The station's configuration.
        layout: Where the station keeps its files.
        runs: Where refusals are written.
        orders: One for each batch.
        started_by: Who asks for it.
        meet_at: Names of the steps that nobody begins before all have come to them.
        group: By what name the runs know each other, for a caller who may ask twice; None: a new one.

    Raises:
        ParameterError: If a batch is named twice, or does not have one of the steps; nothing is started then.
        StationError: If a batch or its package cannot be used to find that out.
    """  # noqa: DOC502 - raised by the helpers
    batches = [config.batch(order.batch).id for order in orders]
    if double := sorted({batch for batch in batches if batches.count(batch) > 1}):
        msg = f"a slot holds one unit; named twice: {', '.join(double)}"
        raise ParameterError(msg, problems=[msg])
    barrier: Barrier | None = None
    if meet_at:
        await _check_steps(config, layout, runs, orders, meet_at)
        barrier = Barrier(group=group or secrets.token_hex(8), members=batches, steps=list(meet_at))

    async def start(order: Order) -> Started:
        try:
            run_id = await start_run(
                client,
                config,
                layout,
                runs,
                batch_id=order.batch,
                unit=order.unit,
                parameters=order.parameters,
                started_by=started_by,
                without_mes=order.without_mes,
                barrier=barrier,
                run_id=order.run_id,
            )
        except StationError as error:
            return Started(order, refused=error)
        return Started(order, run_id)

    started = list(await asyncio.gather(*(start(order) for order in orders)))
    if barrier is not None:
        there = [one.order.batch for one in started if one.run_id]
        note = BarrierNote(group=barrier.group, news=News.GATHERED, members=there)
        await asyncio.gather(*(_tell(client, config, batch, note) for batch in there))
    return started


async def stop_all(client: Client, config: StationConfig, *, by: str, reason: str = "") -> list[str]:
    """Ask every run of the station to stop, all at once; returns the batches that stop because somebody wished it.

    A run that was ending by itself already is none of them. An EngineError of one of them passes through, after all
    the others have been asked.
    """

    async def stop(batch: str) -> bool:
        try:
            await stop_run(client, config, batch, by=by, reason=reason)
        except (BatchNotRunningError, CommandRefusedError):  # there is none, or it was ending by itself
            return False
        return True

    names = [batch.id for batch in config.batches]
    answers = await asyncio.gather(*map(stop, names), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return [name for name, stopped in zip(names, answers, strict=True) if stopped]


async def _check_steps(
    config: StationConfig, layout: Layout, runs: Runs, orders: Sequence[Order], steps: Sequence[str]
) -> None:
    """Make sure that every batch has the steps.

    Raises:
        ParameterError: If one has not; the message lists all of them.
    """
    problems = []
    for order in orders:
        batch = config.batch(order.batch)
        chosen = await runs.chosen_package(batch.id, batch.sequence_package)
        plan = await asyncio.to_thread(plan_for, config, layout, batch, order.parameters, chosen)
        names = [step.name for step in plan.main_steps]
        problems += [
            f"{order.batch} has no step {step} (it has {', '.join(names)})" for step in steps if step not in names
        ]
    if problems:
        msg = f"the runs cannot meet: {'; '.join(problems)}"
        raise ParameterError(msg, problems=problems)


async def _tell(client: Client, config: StationConfig, batch: str, note: BarrierNote) -> None:
    with suppress(RPCError):  # its run is over already; or the engine is away, and they go on by themselves in a minute
        await run_handle(client, config, batch).signal(RunContract.meet, note)
