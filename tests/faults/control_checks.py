"""What must hold whatever people do to runs and whatever fails; read from the database and the bench's log."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Any

from station.hardware.simulation.witness import energised, overlapping_connections
from tests.faults.checks import AFTER_THE_END
from tests.faults.rig import Rig
from tests.faults.watcher import Watcher, seconds

BY_PEOPLE = {"STOPPED", "STEP_SKIPPED", "PROMPT_TIMEOUT"}
"""Reasons of a run that somebody ended."""

BLINK = 0.05
"""Seconds: a process that closes a connection and opens another may be seen by the bench in the other order."""


def problems(rig: Rig, watcher: Watcher, accepted: dict[str, str], undisturbed: Collection[str]) -> list[str]:
    """List everything that does not hold.

    Args:
        rig: The station, with all its runs ended.
        watcher: What was seen while it happened.
        accepted: Batch by run id, of every start that was answered with yes.
        undisturbed: Runs that nobody touched, and during which nothing failed.
    """
    runs = {
        row[0]: row
        for row in watcher.rows(
            "SELECT id, batch_id, state, outcome, reason, plan, completed_at, hardware_safe, round "
            "FROM execution_results WHERE NOT refused"
        )
    }
    found = [f"run {run_id} was accepted and has no row" for run_id in accepted if run_id not in runs]
    found += [f"run {run_id} has a row and was never accepted" for run_id in runs if run_id not in accepted]
    audited = _audited(watcher)
    for run in runs.values():
        found += [f"{run[1]}/{run[0]}: {problem}" for problem in _of_run(watcher, run, audited, undisturbed)]
    for run_id, times in _ends(watcher).items():
        if times != 1:
            found.append(f"run {run_id} ended {times} times")
    found += _of_bench(rig, runs)
    found += _of_rows(watcher)
    return found


def _of_run(
    watcher: Watcher, run: tuple[Any, ...], audited: dict[str, set[str]], undisturbed: Collection[str]
) -> list[str]:
    run_id, _, state, outcome, reason, plan = run[:6]
    if state != "completed" or outcome is None:
        return [f"has not ended: {state}"]
    why = json.loads(reason) if reason else {}
    rows = watcher.rows(
        "SELECT step_name, attempt, status, outcome, started_at, completed_at, round, "
        "(SELECT count(*) FROM measurements m WHERE m.step_result_id = s.id AND m.outcome != 'PASSED') "
        "FROM step_results s WHERE execution_id = ? AND NOT given_up ORDER BY attempt",
        run_id,
    )
    found = [f"{row[0]} attempt {row[1]} is left running" for row in rows if row[2] == "running"]
    match outcome:
        case "PASSED":
            found += _not_passed(json.loads(plan), rows)
        case "FAILED":
            found.append(f"a good unit FAILED: {why}")
        case "ABORTED" if not audited[run_id] & {"stop", "skip", "recover"}:
            found.append(f"ABORTED and nobody did it: {why}")
        case "ERROR" if not why.get("code"):
            found.append("ERROR without a reason")
    if run_id in undisturbed and outcome != "PASSED":
        found.append(f"nothing happened to it and it ended {outcome}: {why}")
    if run[7]:
        found += _without_cleanup(json.loads(plan), rows)
    return found


def _not_passed(plan: dict[str, Any], rows: list[tuple[Any, ...]]) -> list[str]:
    latest = {row[0]: row for row in rows}
    found = []
    for step in plan["steps"]:
        row = latest.get(step["name"])
        if row is None:
            if not step["condition"]:
                found.append(f"PASSED without {step['name']}")
        elif row[3] not in {"PASSED", "SKIPPED"} or (row[3] == "SKIPPED" and not step["condition"]) or row[7]:
            found.append(f"PASSED although {step['name']} attempt {row[1]} is {row[3]} with {row[7]} values out")
    return found


def _without_cleanup(plan: dict[str, Any], rows: list[tuple[Any, ...]]) -> list[str]:
    main = {step["name"] for step in plan["steps"] if not step["cleanup"]}
    last = max((row[4] for row in rows if row[0] in main), default="")
    if not last:
        return []
    cleanup = [step["name"] for step in plan["steps"] if step["cleanup"]]
    return [
        f"{name} was not done after the last step"
        for name in cleanup
        if not [row for row in rows if row[0] == name and row[4] >= last and row[5]]
    ]


def _of_bench(rig: Rig, runs: dict[str, tuple[Any, ...]]) -> list[str]:
    events, found = rig.bench_events(), []
    for batch in rig.config.batches:
        ends = [(seconds(run[6]), run[7]) for run in runs.values() if run[1] == batch.id and run[6]]
        for span in energised(events, batch.id):
            what = f"{batch.id}: {', '.join(sorted(span.which))}"
            end, safe = min(((end, safe) for end, safe in ends if end >= span.start), default=(None, True))
            if span.end is None:
                found.append(f"{what} still on")
            elif end is not None and safe and span.end > end + AFTER_THE_END:
                found.append(f"{what} on {span.end - end:.1f} s after the end of a run that said it was safe")
        for overlap in overlapping_connections(events, batch.id):
            if overlap.end is None or overlap.end - overlap.start > BLINK:
                found.append(f"{batch.id}: two holders: {overlap}")
    return found


def _of_rows(watcher: Watcher) -> list[str]:
    found = []
    for table in ("events", "audit"):
        ids = [row[0] for row in watcher.rows(f"SELECT id FROM {table} ORDER BY id")]
        if ids and ids != list(range(ids[0], ids[0] + len(ids))):
            found.append(f"the ids of {table} have a gap")
    if [row for row in watcher.rows("SELECT actor, action, target FROM audit") if not all(row)]:
        found.append("an entry of the audit does not say who, what or to what")
    if vanished := watcher.vanished():
        found.append(f"events seen once are gone: {vanished[:10]}")
    if (integrity := watcher.integrity()) != "ok":
        found.append(f"integrity_check: {integrity}")
    return found


def _audited(watcher: Watcher) -> dict[str, set[str]]:
    """What was done to each run."""
    found: dict[str, set[str]] = defaultdict(set)
    for action, data in watcher.rows("SELECT action, data FROM audit"):
        found[(json.loads(data) if data else {}).get("run", "")].add(action)
    return found


def _ends(watcher: Watcher) -> Counter[str]:
    return Counter(event.run_id or "" for event in watcher.events if event.type == "sequence_complete")
