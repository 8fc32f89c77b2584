"""What must hold however often processes are killed; every check reads the database and the bench's own log."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from station.hardware.simulation.witness import energised, overlapping_connections
from tests.faults.rig import Rig
from tests.faults.watcher import Watcher, seconds

SAFE_WITHIN = 15.0
"""Seconds after a kill within which what was left on must be off: restart, and making the slot safe first."""
AFTER_THE_END = 0.5
"""Seconds the clocks of the bench and of the station's record of the end may be apart."""

_RUNS = "SELECT id, batch_id, outcome, state, completed_at, plan, refused FROM execution_results"


@dataclass
class Findings:
    """What a round, or many of them, came to."""

    accepted: int = 0
    ended: int = 0
    results_lost: list[str] = field(default_factory=list)
    steps_repeated: list[str] = field(default_factory=list)
    cleanup_missing: list[str] = field(default_factory=list)
    unsafe: list[str] = field(default_factory=list)
    two_holders: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        return [
            *self.results_lost, *self.steps_repeated, *self.cleanup_missing,
            *self.unsafe, *self.two_holders, *self.wrong,
        ]  # fmt: skip


def check(rig: Rig, watcher: Watcher, accepted: dict[str, str], kills: list[tuple[float, str]]) -> Findings:
    """Check everything there is.

    Args:
        rig: The station, with all its runs ended.
        watcher: What was seen while it happened.
        accepted: Batch by run id, of every start that was answered with yes.
        kills: Time and target of every kill.
    """
    findings = Findings(accepted=len(accepted))
    runs = {
        row[0]: row
        for row in watcher.rows(
            "SELECT id, batch_id, outcome, state, completed_at, plan, refused FROM execution_results"
        )
    }
    _check_runs(findings, runs, accepted)
    for run_id in accepted:
        if run_id in runs:
            _check_steps(findings, watcher, runs[run_id])
    vanished = watcher.vanished()
    if vanished:
        findings.results_lost.append(f"events seen once are gone: {vanished[:10]}")
    if (integrity := watcher.integrity()) != "ok":
        findings.results_lost.append(f"integrity_check: {integrity}")
    _check_bench(findings, rig, runs, kills)
    return findings


def _check_runs(findings: Findings, runs: dict[str, Any], accepted: dict[str, str]) -> None:
    for run_id, batch in accepted.items():
        row = runs.get(run_id)
        if row is None:
            findings.results_lost.append(f"{batch}: run {run_id} was accepted and has no row")
        elif row[2] is None or row[3] != "completed" or row[4] is None:
            findings.results_lost.append(f"{batch}: run {run_id} has not ended: state {row[3]}, outcome {row[2]}")
        else:
            findings.ended += 1
            if row[2] != "PASSED":
                findings.wrong.append(f"{batch}: run {run_id} of a good unit ended {row[2]}")
    for run_id, row in runs.items():
        if run_id not in accepted and not row[6]:
            findings.wrong.append(f"run {run_id} was never accepted and has a row")


def _check_steps(findings: Findings, watcher: Watcher, run: tuple[Any, ...]) -> None:
    run_id, batch, plan = run[0], run[1], json.loads(run[5])
    rows = watcher.rows(
        "SELECT step_name, attempt, status, outcome, started_at, completed_at, (SELECT count(*) FROM measurements m "
        "WHERE m.step_result_id = s.id) FROM step_results s WHERE execution_id = ? ORDER BY started_at, attempt",
        run_id,
    )
    by_step: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        by_step[row[0]].append(row)
    main = {step["name"] for step in plan["steps"] if not step["cleanup"]}
    for step in plan["steps"]:
        attempts = by_step[step["name"]]
        finished = [row for row in attempts if row[2] == "completed"]
        where = f"{batch}/{run_id}/{step['name']}"
        if [row for row in attempts if row[2] == "running"]:
            findings.results_lost.append(f"{where}: a row is left running")
        if step["cleanup"]:
            last_main = max((row[4] for row in rows if row[0] in main), default="")
            if not [row for row in finished if row[4] >= last_main]:
                findings.cleanup_missing.append(f"{where}: cleanup did not finish after the last step")
            continue
        if not finished:
            findings.results_lost.append(f"{where}: no result")
        elif not step["rearm"] and (len(finished) > 1 or attempts[-1] is not finished[0]):
            findings.steps_repeated.append(f"{where}: repeated after it had finished: {[row[1:3] for row in attempts]}")
    counted = Counter(
        (event.data["step"], event.data["attempt"])
        for event in watcher.events
        if event.run_id == run_id and event.type == "step_complete"
    )
    for key, times in counted.items():
        if times > 1:
            findings.steps_repeated.append(f"{batch}/{run_id}/{key[0]}: attempt {key[1]} completed {times} times")


def _check_bench(findings: Findings, rig: Rig, runs: dict[str, Any], kills: list[tuple[float, str]]) -> None:
    events = rig.bench_events()
    for batch in rig.config.batches:
        ends = [seconds(row[4]) for row in runs.values() if row[1] == batch.id and row[4]]
        hits = [at for at, target in kills if target in {batch.id, "supervisor", "everything"}]
        for span in energised(events, batch.id):
            what = f"{batch.id}: {', '.join(sorted(span.which))}"
            # Whatever is on must be off again before its run's end is written.
            end = min((end for end in ends if end >= span.start), default=None)
            if span.end is None:
                findings.unsafe.append(f"{what} still on")
            elif end is not None and span.end > end + AFTER_THE_END:
                findings.unsafe.append(f"{what} on {span.end - end:.1f} s after the end")
            for at in [at for at in hits if span.covers(at)]:
                # Power that is cut again meanwhile gives the station another restart.
                until = min((hit for hit in hits if hit > at and span.covers(hit)), default=span.end)
                if until is None or until > at + SAFE_WITHIN:
                    findings.unsafe.append(f"{what} on more than {SAFE_WITHIN} s after a kill")
        for overlap in overlapping_connections(events, batch.id):
            findings.two_holders.append(f"{batch.id}: two holders at once: {overlap}")
