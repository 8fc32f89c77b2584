"""Runs are found as a plain loop over all of them would, page after page, and never by reading all of them."""

import asyncio
import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert
from sqlalchemy.dialects import sqlite

from station.domain.outcome import Outcome
from station.storage.database import Database
from station.storage.history import RARE, Position, RunFilter, page_query, runs_of
from station.storage.logs import LOOKED_AT, LogFilter, LogLine, Logs
from station.storage.tables import FINDINGS, LOGS, RUNS, SYNC_QUEUE
from tests.bench.history_seed import seed, since
from tests.storage.samples import T0, after

MANY = 20_000
WIPS = ["A", "A%", "A_1", "AB", "B", "가", "가나", "\ud7ff", "\U0010ffff", "\U0010ffffx", "a", "", None]
STATUS = {Outcome.PASSED: "completed", Outcome.ABORTED: "stopped", None: "running"}


@dataclass(frozen=True)
class Known:
    """A run as the plain loop sees it."""

    id: str
    at: datetime
    batch: str
    sequence: str
    version: str
    wip: str | None
    process: int | None
    operator: str | None
    outcome: Outcome | None
    refused: bool
    synced: bool | None
    failed: tuple[str, ...]
    defects: tuple[str, ...]

    @property
    def status(self) -> str:
        return "failed" if self.refused else STATUS.get(self.outcome, "failed")


def some_runs(count: int) -> list[Known]:
    chance = random.Random(7)
    outcomes = [Outcome.PASSED] * 6 + [Outcome.FAILED] * 3 + [Outcome.ERROR, Outcome.ABORTED, None]
    runs = []
    for number in range(count):
        outcome, refused = chance.choice(outcomes), chance.random() < 0.1
        bad = outcome in {Outcome.FAILED, Outcome.ERROR} and not refused
        runs.append(
            Known(
                id=f"{chance.randrange(10**6):06}-{number}",
                at=after(chance.randrange(50)),
                batch=chance.choice(["b1", "b2", "b3"]),
                sequence=chance.choice(["pcb", "aging"]),
                version=chance.choice(["1.0.0", "1.1.0"]),
                wip=chance.choice(WIPS),
                process=chance.choice([1, 2, None]),
                operator=chance.choice(["kim", "이", None]),
                outcome=None if refused else outcome,
                refused=refused,
                synced=chance.choice([True, False, None]),
                failed=tuple(chance.sample(["look", "weigh"], chance.randint(1, 2))) if bad else (),
                defects=tuple(chance.sample(["D1", "D2"], chance.randint(0, 2))) if bad else (),
            )
        )
    return runs


def write(transaction: Connection, runs: list[Known]) -> None:
    for run in runs:
        transaction.execute(
            insert(RUNS),
            {
                "id": run.id, "batch_id": run.batch, "sequence_name": run.sequence, "sequence_version": run.version,
                "content_hash": "", "wip_id": run.wip, "process_id": run.process, "operator_id": run.operator,
                "state": "completed", "status": run.status, "refused": run.refused, "round": 1, "recoveries": 0,
                "outcome": run.outcome.value if run.outcome else None, "hardware_safe": True, "superseded": False,
                "accepted_at": run.at, "created_at": run.at, "synced_at": run.at if run.synced else None,
            },
        )  # fmt: skip
        same = {"execution_id": run.id, "batch_id": run.batch, "sequence_name": run.sequence, "accepted_at": run.at}
        findings = [same | {"kind": "step", "step_name": step, "name": ""} for step in run.failed]
        findings += [same | {"kind": "defect", "step_name": "", "name": code} for code in run.defects]
        if findings:
            transaction.execute(insert(FINDINGS), findings)
        if run.synced is False:
            owed = {"entity_type": "wip_process", "entity_id": "", "action": "start_process", "payload": {}}
            owed |= {"retry_count": 0, "created_at": run.at, "execution_id": run.id, "state": "pending"}
            transaction.execute(insert(SYNC_QUEUE), owed)


def passes(run: Known, asked: RunFilter) -> bool:
    equal = [
        (asked.batch, run.batch),
        (asked.sequence, run.sequence),
        (asked.version, run.version),
        (asked.wip, run.wip),
        (asked.process, run.process),
        (asked.operator, run.operator),
        (asked.status, run.status),
        (asked.refused, run.refused),
        (asked.synced, run.synced),
    ]
    return (
        all(wanted is None or wanted == given for wanted, given in equal)
        and (not asked.outcomes or run.outcome in asked.outcomes)
        and (not asked.wip_prefix or (run.wip or "").startswith(asked.wip_prefix))
        and (asked.failed_step is None or asked.failed_step in run.failed)
        and (asked.defect is None or asked.defect in run.defects)
        and (asked.since is None or run.at >= asked.since)
        and (asked.until is None or run.at < asked.until)
    )


def maybe(*values: Any) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.none(), st.sampled_from(values))


FILTERS = st.builds(
    RunFilter,
    batch=maybe("b1", "b2", "nowhere"),
    outcomes=st.lists(st.sampled_from([*STATUS.keys() - {None}, Outcome.FAILED, Outcome.ERROR]), max_size=3).map(tuple),
    sequence=maybe("pcb", "aging"),
    version=maybe("1.0.0", "9"),
    wip=maybe("A", "A%", "가", ""),
    wip_prefix=maybe("A", "A%", "A_", "가", "\ud7ff", "\U0010ffff", "b"),
    process=maybe(1, 7),
    operator=maybe("kim", "이"),
    status=maybe("running", "completed", "failed", "stopped"),
    failed_step=maybe("look", "weigh", "nowhere"),
    defect=maybe("D1", "D2"),
    synced=maybe(True, False),
    refused=maybe(True, False),
    since=maybe(after(0), after(20)),
    until=maybe(after(30), after(50)),
)


@dataclass
class History:
    """A database with these runs."""

    database: Database
    runs: list[Known]


@pytest.fixture
async def history(database: Database) -> History:
    runs = some_runs(300)
    await database.write(lambda transaction: write(transaction, runs))
    return History(database, runs)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=FILTERS, rare=st.sampled_from([0, 5, 60, RARE]), limit=st.integers(1, 80))
async def test_runs_are_found_as_by_a_plain_loop(history: History, asked: RunFilter, rare: int, limit: int) -> None:
    expected = [run for run in history.runs if passes(run, asked)]
    expected.sort(key=lambda run: (run.at, run.id), reverse=True)

    found: list[str] = []
    position = None
    while True:
        async with history.database.read() as session:
            page = await runs_of(session, asked, limit, position, rare=rare)
        found += [run.run_id for run in page]
        if len(page) < limit:
            break
        position = Position(page[-1].accepted_at, page[-1].run_id)

    assert found == [run.id for run in expected]


async def test_a_walk_gives_every_run_once_while_new_ones_arrive(history: History) -> None:
    expected = sorted(history.runs, key=lambda run: (run.at, run.id), reverse=True)
    found: list[str] = []
    position = None
    for number in range(1000):
        late = replace(expected[0], id=f"new-{number}", at=after(100 + number))
        await history.database.write(lambda transaction, late=late: write(transaction, [late]))
        async with history.database.read() as session:
            page = await runs_of(session, RunFilter(until=after(100)), 7, position)
        found += [run.run_id for run in page]
        if not page:
            break
        position = Position(page[-1].accepted_at, page[-1].run_id)

    assert found == [run.id for run in expected]


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a long history."""
    file = tmp_path_factory.mktemp("year") / "station.db"
    asyncio.run(seed(file, MANY))
    return file


_MIDDLE = since(MANY) + timedelta(days=3)
_DAY = {"since": _MIDDLE, "until": _MIDDLE + timedelta(days=1)}
PLANS: list[tuple[dict[str, Any], str]] = [
    # What is asked, and the index that must be walked; `rare` is 2,000 of the 20,000 here.
    ({}, "ix_execution_results_history"),
    ({"batch": "b1"}, "ix_execution_results_batch_id_accepted_at"),
    ({"batch": "b1", **_DAY}, "ix_execution_results_batch_id_accepted_at"),
    ({"sequence": "pcb_test"}, "ix_execution_results_sequence_name_accepted_at"),
    ({"version": "1.3.0"}, "ix_execution_results_sequence_version_accepted_at"),
    ({"wip": "WIP-00000123"}, "ix_execution_results_wip_id_accepted_at"),
    ({"wip_prefix": "WIP-0000012"}, "ix_execution_results_wip_id_accepted_at"),
    ({"wip_prefix": "WIP-"}, "ix_execution_results_history"),
    ({"process": 3}, "ix_execution_results_process_id_accepted_at"),
    ({"operator": "7"}, "ix_execution_results_operator_id_accepted_at"),
    ({"status": "stopped"}, "ix_execution_results_status_accepted_at"),
    ({"outcomes": (Outcome.PASSED,)}, "ix_execution_results_outcome_accepted_at"),
    ({"outcomes": (Outcome.ERROR, Outcome.ABORTED)}, "ix_execution_results_outcome_accepted_at"),
    ({"outcomes": (Outcome.PASSED, Outcome.FAILED)}, "ix_execution_results_history"),
    ({"refused": True}, "ix_execution_results_refused_accepted_at"),
    ({"synced": True}, "ix_execution_results_synced"),
    ({"synced": False}, "idx_sync_queue_pending"),
    ({"failed_step": "weigh"}, "ix_findings_history"),
    ({"defect": "RARE"}, "ix_findings_history"),
    ({"failed_step": "weigh", "defect": "RARE", "batch": "b1"}, "ix_findings_history"),
    ({"failed_step": "weigh", "outcomes": (Outcome.PASSED,)}, "ix_findings_history"),
    ({"outcomes": (Outcome.ERROR,), "batch": "b1", "synced": True}, "ix_execution_results_outcome_accepted_at"),
    ({"batch": "b1", "sequence": "aging_test"}, "ix_execution_results_history"),
    ({"batch": "b1", "process": 2, "wip_prefix": "WIP-"}, "ix_execution_results_history"),
]


@pytest.mark.parametrize("later", [False, True], ids=["first page", "later page"])
@pytest.mark.parametrize(("asked", "index"), PLANS, ids=lambda value: str(value)[:80])
async def test_no_filter_reads_the_whole_table(year: Path, asked: dict[str, Any], index: str, later: bool) -> None:
    position = Position(_MIDDLE, "Z") if later else None

    async with Database(f"sqlite:///{year}") as database, database.read() as session:
        query = await page_query(session, RunFilter(**asked), 51, position, rare=2000)
        compiled = query.compile(dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True})
        names = compiled.positiontup or []
        values = tuple(
            compiled._bind_processors.get(name, lambda value: value)(compiled.params[name]) for name in names
        )
        connection = await session.connection()
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled.string}", values)
        plan = [str(row[3]) for row in rows]

    tables = [step for step in plan if step.startswith(("SCAN", "SEARCH"))]
    assert any(index in step for step in tables)
    assert all("INDEX" in step for step in tables)
    walked = [step for step in tables if step.startswith("SCAN")]
    assert all("ix_execution_results_history" in step or "_synced" in step for step in walked)
    if later:
        # Behind the position: from there on in the index, not from its beginning.
        in_order = [step for step in plan if "USE TEMP B-TREE" in step or "accepted_at" in step.partition("(")[2]]
        assert in_order, plan


async def test_a_search_in_the_log_ends_after_so_many_lines_and_can_be_gone_on_with(database: Database) -> None:
    logs = Logs(database)
    await logs.append([LogLine(T0, "b1", "warning", "the word")])
    line = {"batch_id": "b1", "level": "info", "message": "nothing"}
    lines = [line | {"timestamp": after(number // 10)} for number in range(LOOKED_AT + 100)]
    await database.write(lambda transaction: transaction.execute(insert(LOGS), lines))

    first = await logs.page(LogFilter(text="WORD"), 10)
    second = await logs.page(LogFilter(text="WORD"), 10, first.next)
    notable = await logs.page(LogFilter(levels=("warning", "error")), 10)

    assert (first.lines, first.next is None) == ([], False)
    assert ([line.message for line in second.lines], second.next) == (["the word"], None)
    assert [line.message for line in notable.lines] == ["the word"]
