"""A real station and its MES: refusals before any hardware moves, outages, decisions, a lost engine, the torture."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import pytest
from temporalio.service import RPCError

from station.contracts.delivery import Decision, DeliveryContract, DeliveryStatus
from station.contracts.messages import StopRequest
from station.contracts.names import delivery_workflow_id, run_workflow_id
from station.contracts.run import RunContract
from station.control import engine
from station.control.connect import connect
from station.control.starting import start_run
from station.domain.delivery import DeliveryState
from station.domain.outcome import Outcome
from station.domain.run import UnitUnderTest
from station.storage.database import Database
from station.storage.queue import QueueRecord, SyncQueue
from station.storage.run_rows import RunRecord
from station.storage.runs import Runs
from station.testing.fault_proxy import FaultProxy
from station.testing.reference_mes.server import ReferenceMes
from tests.faults.mes_torture import PACKAGE, mes_report, mes_torture
from tests.faults.rig import ROOT, Rig, bench_slot, choose_ports, make_rig
from tests.faults.shift import ended, until_step

pytestmark = [pytest.mark.station, pytest.mark.faults]

ROUNDS = 12
PARKED_WITHIN = 10.0
"""Seconds after the MES is back in which a person is asked about what it refuses."""
CLI_PACKAGES = ROOT / "tests" / "cli" / "packages"
START, COMPLETE, CONVERT = "start_process", "complete_process", "convert_to_serial"
TOLD: list[tuple[str, str | None]] = [("start", None), ("complete", "PASS")]

T = TypeVar("T")


class Network:
    """What lies between the station and its MES, in a thread of its own: it outlives the loops of the tests."""

    def __init__(self, mes: ReferenceMes) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._proxy = FaultProxy(int(mes.url.rpartition(":")[2]))

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._proxy.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._proxy.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        """Where the station finds its MES."""
        return self._proxy.url

    def refuse(self) -> None:
        """Nobody listens."""
        self._do(self._proxy.refuse())

    def blackhole(self) -> None:
        """Everything is swallowed."""
        self._do(self._proxy.blackhole())

    def heal(self) -> None:
        """All is well."""
        self._do(self._proxy.heal())

    def _do(self, what: Coroutine[Any, Any, Any]) -> None:
        done: Future[Any] = asyncio.run_coroutine_threadsafe(what, self._loop)
        done.result(10)


@dataclass
class Line:
    """A station, its bench, its MES, and the network between."""

    rig: Rig
    mes: ReferenceMes
    network: Network

    async def start(
        self, batch: str, wip: str, *, process: int = 1, parameters: Mapping[str, Any] | None = None, **backend: Any
    ) -> str:
        """Start a run, with settings of the backend that hold for this run; returns its id."""
        config, layout = self.rig.config, self.rig.layout
        if backend:
            section = config.backend.model_validate({**config.backend.model_dump(), **backend})
            config = config.model_copy(update={"backend": section})
        client = await connect(config, identity="test")
        async with Database(config.database_url(layout.base)) as database:
            return await start_run(
                client, config, layout, Runs(database), batch_id=batch,
                unit=UnitUnderTest(wip=wip, process=process, operator="5"), parameters=parameters or {},
                started_by="test",
            )  # fmt: skip

    async def run(self, batch: str, wip: str, **more: Any) -> RunRecord:
        """Take a run to its end."""
        run, _ = await ended(self.rig, await self.start(batch, wip, **more))
        return run

    async def run_and_stop(self, wip: str, **backend: Any) -> RunRecord:
        """Start a slow run and stop it in the middle."""
        run_id = await self.start("slow", wip, parameters={"seconds": 60}, **backend)
        await until_step(self.rig, run_id, "hold")
        client = await connect(self.rig.config, identity="test")
        await client.get_workflow_handle(run_workflow_id("T1", "slow")).signal(RunContract.stop, StopRequest(by="kim"))
        run, _ = await ended(self.rig, run_id)
        return run

    async def row(self, item_id: str) -> QueueRecord | None:
        """What the queue has of an item."""
        async with Database(self.rig.config.database_url(self.rig.layout.base)) as database:
            return await SyncQueue(database).get(item_id)

    async def becomes(self, item_id: str, state: DeliveryState, within: float = 30.0) -> QueueRecord:
        """Wait until an item is there."""

        async def there() -> QueueRecord | None:
            row = await self.row(item_id)
            return row if row is not None and row.state is state else None

        return await self.until(there, within, f"{item_id} does not become {state}")

    async def nothing_is_owed(self, *wips: str, within: float = 60.0) -> None:
        """Wait until the queue is empty, of these WIPs or altogether."""

        async def empty() -> bool:
            async with Database(self.rig.config.database_url(self.rig.layout.base)) as database:
                return not [one for one in await SyncQueue(database).open() if not wips or one.item.wip in wips]

        await self.until(empty, within, f"something of {wips} is owed still")

    async def breaker_opens(self, *item_ids: str) -> None:
        """Wait until the MES counts as away for the whole station."""

        async def opened() -> bool:
            rows = [await self.row(item_id) for item_id in item_ids]
            return any(row is not None and "times in a row" in row.last_error for row in rows)

        await self.until(opened, 60, "the MES does not count as away")

    async def until(self, ask: Callable[[], Awaitable[T | None]], within: float, complaint: str) -> T:
        """Wait until something is true."""
        deadline = time.monotonic() + within
        while not (answer := await ask()):
            if time.monotonic() > deadline:
                raise AssertionError(f"{complaint}\n{self.rig.tail()}")
            await asyncio.sleep(0.05)
        return answer

    async def decide(self, wip: str, item_id: str, action: str, **more: Any) -> DeliveryStatus:
        """Decide about a parked item, as a person does."""
        client = await connect(self.rig.config, identity="test")
        handle = client.get_workflow_handle_for(DeliveryContract.run, delivery_workflow_id("T1", wip))
        decision = Decision(item_id=item_id, action=action, by="kim", **more)
        after: DeliveryStatus = await handle.execute_update("decide", decision, result_type=DeliveryStatus)
        return after

    async def owed(self, wip: str) -> DeliveryStatus:
        """What the delivery of a WIP says of itself."""
        client = await connect(self.rig.config, identity="test")
        handle = client.get_workflow_handle_for(DeliveryContract.run, delivery_workflow_id("T1", wip))
        return await handle.query(DeliveryContract.owed)

    async def parks(self, wip: str, item_id: str, within: float = 30.0) -> QueueRecord:
        """Wait until an item waits for a person, by its row and by its delivery, which hears of it a moment later."""

        async def parked() -> bool:
            with suppress(RPCError):  # it is only being handed over
                return any(one.outcome and one.item.item_id == item_id for one in (await self.owed(wip)).queue)
            return False

        await self.until(parked, within, f"nobody is asked about {item_id}")
        return await self.becomes(item_id, DeliveryState.PARKED)

    def told(self, wip: str) -> list[tuple[str, str | None]]:
        """What the MES has committed of a WIP since it was seeded, in order."""
        effects = self.mes.ledger(requests=False).of(wip)
        return [(effect.kind, effect.result) for effect in effects if effect.request_id is not None]

    async def until_told(self, wip: str, told: list[tuple[str, str | None]]) -> None:
        """Wait until the MES has committed as much, and nothing is owed."""

        async def committed() -> bool:
            return len(await asyncio.to_thread(self.told, wip)) >= len(told)

        await self.until(committed, 30, f"the MES is not told {told} of {wip}")
        await self.nothing_is_owed(wip)
        assert self.told(wip) == told


@pytest.fixture(scope="module")
def whole_line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    ports = choose_ports()
    slots = [
        bench_slot(1, ports),
        *({"id": name, "sequence_package": str(PACKAGE), "auto_start": True} for name in ("s0", "s1")),
        *({"id": n, "sequence_package": str(CLI_PACKAGES / n), "auto_start": True} for n in ("slow", "faulty")),
    ]
    with ReferenceMes() as mes, Network(mes) as network:
        backend = {"url": network.url, "api_key": mes.settings.api_key, "timeout": 2, "online_wait": 10}
        rig = make_rig(tmp_path_factory.mktemp("line"), slots, ports, {"backend": backend})
        try:
            rig.start_bench(slots=1)
            rig.start_station()
            yield Line(rig, mes, network)
        finally:
            rig.close()


@pytest.fixture
def line(whole_line: Line) -> Iterator[Line]:
    """The line, whole again after each test."""
    yield whole_line
    whole_line.network.heal()
    whole_line.mes.heal()
    whole_line.mes.up()


# Refused before anything moves


@pytest.mark.parametrize(
    ("seed", "process", "code"),
    [
        (None, 1, "WIP_NOT_FOUND"),
        ({}, 2, "PREREQUISITE_NOT_MET"),
        ({"passed": [1, 2, 3, 4, 5, 6], "status": "CONVERTED"}, 1, "INVALID_WIP_STATUS"),
    ],
)
async def test_a_unit_the_mes_refuses_is_not_touched(
    line: Line, seed: dict[str, Any] | None, process: int, code: str
) -> None:
    wip = "WIP-KR01PSA2599-001" if seed is None else line.mes.seed(**seed)[0]
    before = len(line.rig.bench_events())

    run = await line.run("slot_1", wip, process=process)
    row = await line.becomes(f"{run.run_id}/{START}", DeliveryState.REFUSED)

    moved = [event for event in line.rig.bench_events()[before:] if event.slot == "slot_1"]
    assert run.reason is not None
    assert (run.outcome, run.reason.code) == (Outcome.ABORTED, code)
    assert [event.event for event in moved] == []
    assert row.last_error.startswith(f"{code}: ")
    assert (row.attempts, row.synced_at is not None) == (1, True)
    assert await line.row(f"{run.run_id}/{COMPLETE}") is None
    assert line.told(wip) == []


async def test_a_unit_is_tested_on_one_slot_at_a_time(line: Line) -> None:
    [wip] = line.mes.seed()

    async with Database(line.rig.config.database_url(line.rig.layout.base)) as database:

        async def under_way() -> RunRecord | None:
            return await Runs(database).get(ids[0])

        # The first is there when the second comes: who wins where both come at once is a race of its own (test_races).
        ids = [await line.start("slow", wip, parameters={"seconds": 3})]
        await line.until(under_way, 60, "the first run is not accepted")
        ids.append(await line.start("s0", wip, parameters={"good": True}))

        async def both_over() -> list[RunRecord] | None:
            runs = [run for run in [await Runs(database).get(one) for one in ids] if run is not None]
            return runs if len(runs) == 2 and all(run.completed_at for run in runs) else None

        runs = await line.until(both_over, 60, "the two runs do not end")
    [accepted] = [run for run in runs if not run.refused]
    [refused] = [run for run in runs if run.refused]

    assert accepted.outcome is Outcome.PASSED
    assert refused.reason is not None
    assert (refused.outcome, refused.reason.code) == (None, "WIP_BUSY")
    assert accepted.run_id in refused.reason.message
    assert await line.row(f"{refused.run_id}/{START}") is None
    await line.until_told(wip, TOLD)


# The MES is away


@pytest.mark.parametrize("failure", ["refuse", "blackhole"])
async def test_production_goes_on_without_the_mes_which_is_told_when_it_is_back(line: Line, failure: str) -> None:
    [wip] = line.mes.seed()
    getattr(line.network, failure)()

    run = await line.run("slot_1", wip)
    queued = [await line.row(f"{run.run_id}/{action}") for action in (START, COMPLETE)]
    told_meanwhile = line.told(wip)
    line.network.heal()

    assert run.outcome is Outcome.PASSED
    assert [row.state for row in queued if row is not None] == [DeliveryState.PENDING] * 2
    assert told_meanwhile == []
    await line.until_told(wip, TOLD)


async def test_a_late_refusal_asks_a_person_at_once_and_lets_other_units_pass(line: Line) -> None:
    unknown, [known] = "WIP-KR01PSA2598-001", line.mes.seed()
    line.network.refuse()
    offline, other = await asyncio.gather(line.run("s0", unknown), line.run("s1", known))
    start, complete = f"{offline.run_id}/{START}", f"{offline.run_id}/{COMPLETE}"
    await line.breaker_opens(start, f"{other.run_id}/{START}")

    line.network.heal()
    parked = await line.parks(unknown, start, PARKED_WITHIN)
    await line.until_told(known, TOLD)
    [refused, following] = (await line.owed(unknown)).queue

    assert (offline.outcome, other.outcome) == (Outcome.PASSED, Outcome.PASSED)
    assert parked.last_error.startswith("WIP_NOT_FOUND: ")
    assert refused.outcome is not None
    assert refused.outcome.refusal is not None
    assert refused.outcome.refusal.code == "WIP_NOT_FOUND"
    assert refused.outcome.refusal.message == f"WIP '{unknown}' not found"
    assert refused.outcome.refusal.message_ko == "WIP를 찾을 수 없습니다"
    assert (following.item.item_id, following.attempts) == (complete, 0)

    await line.decide(unknown, start, "discard", reason="a label of another line")
    await line.parks(unknown, complete, PARKED_WITHIN)
    await line.decide(unknown, complete, "discard", reason="a label of another line")
    discarded = await line.becomes(complete, DeliveryState.DISCARDED)

    assert discarded.last_error == "discarded by kim: a label of another line"
    assert discarded.synced_at is not None
    assert line.told(unknown) == []
    await line.nothing_is_owed(unknown)


# What a run leaves open


async def test_a_run_that_says_nothing_tells_nothing_until_a_person_decides(line: Line) -> None:
    [wip] = line.mes.seed()

    run = await line.run("faulty", wip)
    item = f"{run.run_id}/{COMPLETE}"
    parked = await line.parks(wip, item)
    told_before = line.told(wip)
    await line.decide(wip, item, "retry", result="REWORK")

    assert run.outcome is Outcome.ERROR
    assert parked.last_error.startswith("NEEDS_DISPOSITION: ")
    assert told_before == [("start", None)]
    await line.until_told(wip, [("start", None), ("complete", "REWORK")])


@pytest.mark.parametrize("offline", [False, True], ids=["online", "offline"])
async def test_a_unit_that_is_tested_again_needs_no_decision(line: Line, offline: bool) -> None:
    [wip] = line.mes.seed()
    if offline:
        line.network.refuse()

    aborted = await line.run_and_stop(wip)
    item = f"{aborted.run_id}/{COMPLETE}"
    if not offline:
        await line.parks(wip, item)
    again = await line.run("s0", wip)
    line.network.heal()
    superseded = await line.becomes(item, DeliveryState.DISCARDED)

    assert (aborted.outcome, again.outcome) == (Outcome.ABORTED, Outcome.PASSED)
    assert superseded.last_error == f"discarded by station: the unit is tested again by run {again.run_id}"
    await line.until_told(wip, [("start", None), *TOLD])


@pytest.mark.parametrize(
    ("wish", "told"),
    [("retry", [("start", None)]), ("rework", [("start", None), ("complete", "REWORK")]),
     ("scrap", [("start", None), ("complete", "FAIL")])],
)  # fmt: skip
@pytest.mark.parametrize("end", ["error", "abort"])
async def test_what_becomes_of_an_untested_unit_can_be_settled_beforehand(
    line: Line, end: str, wish: str, told: list[tuple[str, str | None]]
) -> None:
    [wip] = line.mes.seed()

    if end == "error":
        run = await line.run("faulty", wip, on_error=wish)
    else:
        run = await line.run_and_stop(wip, on_abort=wish)

    assert run.outcome is (Outcome.ERROR if end == "error" else Outcome.ABORTED)
    await line.until_told(wip, told)
    assert (await line.row(f"{run.run_id}/{COMPLETE}") is None) == (wish == "retry")


async def test_the_last_pass_gives_one_serial(line: Line) -> None:
    [wip] = line.mes.seed(passed=[1, 2, 3, 4, 5])

    run = await line.run("s0", wip, process=6, auto_convert=True)

    await line.until_told(wip, [*TOLD, ("convert", None)])
    row = await line.row(f"{run.run_id}/{CONVERT}")
    assert row is not None
    assert row.state is DeliveryState.DELIVERED
    assert len(line.mes.wip(wip)["serials"]) == 1


# The engine's own store is lost


async def test_what_was_owed_survives_the_loss_of_the_engines_store(line: Line) -> None:
    [arrived, pending, undecided] = line.mes.seed(3)
    error = await line.run("faulty", undecided)
    await line.parks(undecided, f"{error.run_id}/{COMPLETE}")
    line.mes.fault("commit_then_reset", on="complete", count=1)
    await line.run("s0", arrived)

    async def committed() -> bool:
        return len(await asyncio.to_thread(line.told, arrived)) == 2

    await line.until(committed, 30, "the completion does not arrive")
    line.mes.down()
    offline = await line.run("s1", pending)

    await asyncio.to_thread(line.rig.stop_station)
    engine.reset(line.rig.layout, datetime.now(UTC))
    await asyncio.to_thread(line.rig.start_station)
    line.mes.up()

    assert offline.outcome is Outcome.PASSED
    await line.until_told(arrived, TOLD)
    await line.until_told(pending, TOLD)
    await line.parks(undecided, f"{error.run_id}/{COMPLETE}")
    await line.decide(undecided, f"{error.run_id}/{COMPLETE}", "retry", result="FAIL")
    await line.until_told(undecided, [("start", None), ("complete", "FAIL")])


# The torture


@pytest.mark.timeout(600)
async def test_twelve_rounds_against_a_mes_that_fails_in_every_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subject = await mes_torture(tmp_path, ROUNDS, 1, print)

    with capsys.disabled():
        print("\n" + "\n".join(mes_report(subject)))
    assert len(subject.told) == 5 * ROUNDS
