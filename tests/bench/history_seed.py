"""Fills a results database with a history of any length, in SQL: about a minute for a million runs.

A year of four batches: 94 % of the runs passed, 5 % failed and are tested again, the rest ended in ERROR, were
stopped or were refused. Every run has its steps, values, findings, a log line and its event; the last 300 are still
owed to the MES.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from station.domain.measurement import RangeLimit
from station.domain.outcome import Outcome
from station.domain.plan import PackageRef, Plan, StepPlan
from station.domain.run import RunResult
from station.storage.migrate import migrate

SPACING = 31.5
"""Seconds between two runs: a million in a year."""
OWED = 300
RARE_EVERY, RARE_STEP_EVERY = 997, 1009
"""Of the runs that failed, those whose number can be divided by it have the defect RARE, or failed in `calibrate`."""
CHUNK = 100_000

_END = datetime(2026, 6, 1, tzinfo=UTC)
_PACKAGE = PackageRef(name="pcb_test", version="1.0.0", content_hash="ab" * 32)
_STEPS = tuple(StepPlan(name=name, title=name.title(), index=at) for at, name in enumerate(("look", "weigh", "tidy")))
_PLAN = Plan(package=_PACKAGE, steps=_STEPS, parameters={"voltage": 5.0}).model_dump_json()
_RESULT = RunResult(run_id="", outcome=Outcome.PASSED, started_at=_END, completed_at=_END).model_dump_json()
_LIMIT = RangeLimit(low=4.5, high=5.5).model_dump_json()

_RUNS = """
WITH RECURSIVE
  n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :last),
  h AS (SELECT i, (i * 2654435761) % 1000 AS luck, ((i - 4) * 2654435761) % 1000 AS before,
               ((i + 4) * 2654435761) % 1000 AS later FROM n),
  r AS (SELECT *, luck BETWEEN 11 AND 60 AS fails, (before BETWEEN 11 AND 60 AND i >= 4) AS again, luck > 10 AS judges,
               strftime('%Y-%m-%d %H:%M:%f000', :start, (i * :spacing) || ' seconds') AS at FROM h)
INSERT INTO execution_results (
  id, batch_id, sequence_name, sequence_version, content_hash, wip_id, process_id, operator_id, state, status, outcome,
  reason, refused, parameters, plan, result, defects, round, recoveries, hardware_safe, duration_s, judged, superseded,
  workflow_id, accepted_at, started_at, completed_at, synced_at, created_at)
SELECT
  printf('01%024d', i), 'b' || (i % 4 + 1),
  CASE i % 4 WHEN 2 THEN 'aging_test' WHEN 3 THEN 'fct_test' ELSE 'pcb_test' END,
  '1.' || (i * 10 / :count) || '.0', :hash, printf('WIP-%08d', CASE WHEN again THEN i - 4 ELSE i END), i % 6 + 1,
  5 + (i / 1000) % 20, 'completed',
  CASE WHEN luck = 0 OR luck BETWEEN 1 AND 7 OR fails THEN 'failed' WHEN luck <= 10 THEN 'stopped' ELSE 'completed' END,
  CASE WHEN luck = 0 THEN NULL WHEN luck <= 7 THEN 'ERROR' WHEN luck <= 10 THEN 'ABORTED' WHEN fails THEN 'FAILED'
       ELSE 'PASSED' END,
  CASE WHEN luck = 0 THEN '{"code": "HARDWARE_NOT_SAFE", "message": "no"}' END, luck = 0, '{"voltage": 5.0}', :plan,
  :result,
  CASE WHEN fails THEN '["DEF' || (luck % 5) || '"]' END, 1, 0, 1, 20 + luck % 17 + (luck % 7) / 10.0,
  CASE WHEN judges THEN 1 + again END, fails AND later > 10, 'run/T1/b' || (i % 4 + 1),
  at, at, strftime('%Y-%m-%d %H:%M:%f000', at, (20 + luck % 17) || ' seconds'),
  CASE WHEN i < :count - :owed AND luck > 0 THEN at END, at
FROM r
"""
_OF_CHUNK = "FROM execution_results WHERE id >= printf('01%024d', :first) AND id < printf('01%024d', :last)"
_NUMBER = "CAST(substr(id, 3) AS INTEGER)"
_STEP = f"""
INSERT INTO step_results (id, execution_id, step_name, step_index, attempt, round, segment, segments_done, session,
  started_at, completed_at, elapsed_s, status, outcome, result, state, fault, given_up)
SELECT id || ':' || :step || ':1', id, :step, :at, 1, 1, 1, 1, 'S', started_at, completed_at, duration_s * :share,
  CASE WHEN outcome = :bad THEN 'failed' ELSE 'completed' END, CASE WHEN outcome = :bad THEN :bad ELSE 'PASSED' END,
  '{{}}', '{{}}',
  CASE WHEN outcome = :bad AND :bad = 'ERROR' THEN '{{"code": "HARDWARE_TIMEOUT", "message": "x"}}' END, 0
{_OF_CHUNK} AND outcome IS NOT NULL
"""
_VALUE = f"""
INSERT INTO measurements (id, step_result_id, execution_id, sequence_name, step_name, name, position, value, number,
  unit, "limit", outcome, measured_at)
SELECT id || ':' || :step || ':1:0', id || ':' || :step || ':1', id, sequence_name, :step, :name, 0,
  5.0 + duration_s / 1000, 5.0 + (duration_s * 7919 % 100) / 1000, 'V', :limit,
  CASE WHEN outcome = :bad THEN 'FAILED' ELSE 'PASSED' END, completed_at
{_OF_CHUNK} AND outcome IS NOT NULL
"""
_FINDING = f"""
INSERT INTO findings (execution_id, kind, step_name, name, batch_id, sequence_name, accepted_at)
SELECT id, :kind, :step, {{name}}, batch_id, sequence_name, accepted_at {_OF_CHUNK} AND {{wanted}}
"""
_LOG = f"""
INSERT INTO logs (batch_id, execution_id, step_name, level, message, timestamp)
SELECT batch_id, id, 'look', CASE WHEN outcome = 'ERROR' THEN 'error' ELSE 'info' END,
  'looking at ' || coalesce(wip_id, '') || ' 확인', accepted_at {_OF_CHUNK}
"""
_EVENT = f"""
INSERT INTO events (time, batch_id, execution_id, type, data)
SELECT accepted_at, batch_id, id, 'sequence_complete', '{{}}' {_OF_CHUNK}
"""
_OWE = f"""
INSERT INTO sync_queue (entity_type, entity_id, action, payload, retry_count, created_at, item_id, execution_id, state)
SELECT 'wip_process', wip_id, 'complete_process', '{{}}', 0, accepted_at, id || '/complete_process', id, 'pending'
{_OF_CHUNK} AND synced_at IS NULL AND refused = 0
"""


def since(count: int) -> datetime:
    """When the first of so many runs was accepted; the last one is before 2026-06-01."""
    return _END - timedelta(seconds=count * SPACING)


async def seed(file: Path, count: int) -> None:
    """Make a database with a history of so many runs."""
    await migrate(f"sqlite:///{file}")
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        indexes = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql > ''").fetchall()
        for name, _ in indexes:
            database.execute(f'DROP INDEX "{name}"')
        for first in range(0, count, CHUNK):
            database.execute("BEGIN")
            _fill(database, {"first": first, "last": min(first + CHUNK, count), "count": count})
            database.execute("COMMIT")
        for _, sql in indexes:
            database.execute(sql)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _fill(database: sqlite3.Connection, part: dict[str, int]) -> None:
    told = {"start": since(part["count"]).strftime("%Y-%m-%d %H:%M:%S"), "spacing": SPACING, "owed": OWED}
    told |= {"hash": _PACKAGE.content_hash, "plan": _PLAN, "result": _RESULT}
    database.execute(_RUNS, part | told)
    for at, (step, bad, share) in enumerate((("look", "ERROR", 0.3), ("weigh", "FAILED", 0.6), ("tidy", "-", 0.1))):
        database.execute(_STEP, part | {"step": step, "at": at, "bad": bad, "share": share})
    database.execute(_VALUE, part | {"step": "look", "name": "v_out", "bad": "-", "limit": None})
    database.execute(_VALUE, part | {"step": "weigh", "name": "rail", "bad": "FAILED", "limit": _LIMIT})
    failed = "outcome = 'FAILED'"
    for kind, step, name, wanted in (
        ("step", "weigh", "''", failed),
        ("step", "calibrate", "''", f"{failed} AND {_NUMBER} % {RARE_STEP_EVERY} = 0"),
        ("step", "look", "''", "outcome = 'ERROR'"),
        ("measurement", "weigh", "'rail'", failed),
        ("fault", "look", "'HARDWARE_TIMEOUT'", "outcome = 'ERROR'"),
        ("defect", "", "substr(defects, 3, 4)", failed),
        ("defect", "", "'RARE'", f"{failed} AND {_NUMBER} % {RARE_EVERY} = 0"),
    ):
        database.execute(_FINDING.format(name=name, wanted=wanted), part | {"kind": kind, "step": step})
    for statement in (_LOG, _EVENT, _OWE):
        database.execute(statement, part)
