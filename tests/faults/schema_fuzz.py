"""E22: the API gets whatever its own schema allows, and what it does not; `python -m tests.faults.schema_fuzz`."""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

from tests.api.conftest import BATCHES
from tests.api.served import Served, served_station

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "ignored_auth",
)
SLOWEST = 1.0
"""Seconds within which 99 of 100 answers must come; commands that wait for a process are not counted."""
SECTIONS: dict[str, Any] = {
    "batches": [batch for batch in BATCHES if batch["id"] != "idle"],
    "manual": {"idle_timeout": 2, "client_timeout": 2, "command_timeout": 5},
}
"""Of the station's configuration: every batch has its process, and a slot in somebody's hand comes free again."""
READ_AS_MEANT = "Incorrect type"
"""A number is taken for a time, 0 for false, "5" for 5: nobody is misunderstood by it."""
STOPS = "/api/batches/{batch_id}/stop"
"""Left out: whoever takes a slot in hand, or clears it, waits minutes for a process that somebody has stopped."""
WAITING = ("/start", "/stop", "/restart", "/upload", "/validate", "/clear", "/manual", "/sync")


@dataclass
class Subject:
    """What came of it.

    Attributes:
        cases: Requests that were sent.
        statuses: How they were answered.
        checked: How often each check was made.
        failures: What is wrong, each kind once, with how to repeat it.
        waited: Seconds that commands took which wait for something.
        times: Seconds each other answer took.
    """

    seed: int
    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    checked: Counter[str] = field(default_factory=Counter)
    waited: float = 0.0
    times: list[float] = field(default_factory=list)

    @property
    def p99(self) -> float:
        """Seconds within which 99 of 100 answers came."""
        return sorted(self.times)[int(len(self.times) * 0.99)] if self.times else 0.0


def fuzz(
    served: Served,
    cases: int,
    seed: int,
    roles: Mapping[str, Mapping[str, str]],
    tell: Callable[[str], None],
    phases: tuple[str, ...] = ("examples", "coverage", "fuzzing", "stateful"),
) -> Subject:
    """Send cases until there were enough, as each role in its turn.

    Args:
        served: The station.
        cases: How many, at least.
        seed: Of what is sent.
        roles: What each of them shows; one without anything where nobody has to log in.
        tell: Hears how far it is.
        phases: Which of the phases, each with every role.
    """
    subject = Subject(seed)
    turn = 0
    while subject.cases < cases:
        for name, headers in roles.items():
            before, wanted = subject.cases, (cases - subject.cases) // len(roles) + 1
            _one_turn(served, subject, seed + turn, headers, wanted, phases)
            tell(f"{name}: {subject.cases - before} cases, {len(subject.failures)} kinds of failures so far")
        turn += 1
    return subject


def held(folder: Path, cases: int, seed: int) -> list[str]:
    """Run it on a station of its own; gives the report, or raises what is wrong."""
    with served_station(folder, **SECTIONS) as served:
        subject = fuzz(served, cases, seed, {"without login": {}}, print)
    assert not problems(subject), "\n".join(report(subject))
    return report(subject)


def report(subject: Subject) -> list[str]:
    """Write down what came of it."""
    answered = ", ".join(f"{status}: {count}" for status, count in sorted(subject.statuses.items()))
    failures = [f"\n{title}\n{how}" for title, how in subject.failures.items()]
    return [
        *failures,
        f"cases       {subject.cases}",
        f"answers     {answered}",
        *(f"checked     {name}: {count}" for name, count in sorted(subject.checked.items())),
        f"p99         {subject.p99:.3f} s; commands that wait took {subject.waited:.0f} s in all",
        f"failures    {len(subject.failures)}",
        f"seed        {subject.seed}",
    ]


def problems(subject: Subject) -> list[str]:
    """What must not be."""
    slow = [f"99 of 100 answers came within {subject.p99:.3f} s"] if subject.p99 > SLOWEST else []
    return [*subject.failures, *slow]


def _one_turn(
    served: Served, subject: Subject, seed: int, headers: Mapping[str, str], wanted: int, phases: tuple[str, ...]
) -> None:
    told: dict[str, Any] = {
        "seed": seed,
        "headers": dict(headers),
        "checks": {"enabled": False, **{check: {"enabled": True} for check in CHECKS}},
        "phases": {phase: {"enabled": phase in phases} for phase in ("examples", "coverage", "fuzzing", "stateful")},
        "generation": {"max-examples": max(2, wanted // 60), "database": "none", "no-shrink": True},
        "suppress-health-check": ["all"],
        "request-timeout": 60.0,
    }
    schema = schemathesis.openapi.from_url(f"{served.url}/openapi.json", config=SchemathesisConfig.from_dict(told))
    stream = from_schema(schema.exclude(path=STOPS, method="POST")).execute()
    before = subject.cases
    for event in stream:
        if isinstance(event, events.NonFatalError | events.FatalError):
            subject.failures.setdefault(f"{type(event).__name__}: {event}"[:300], "")
        if isinstance(event, events.ScenarioFinished):
            _take(subject, event)
            if subject.cases - before >= wanted:
                stream.stop()


def _take(subject: Subject, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    for interaction in recorder.interactions.values():
        subject.cases += 1
        response = interaction.response
        if response is None:
            subject.failures.setdefault(f"{recorder.label}: no answer", f"{interaction.request.uri}")
            continue
        subject.statuses[response.status_code] += 1
        if any(word in interaction.request.uri for word in WAITING):
            subject.waited += response.elapsed
        else:
            subject.times.append(response.elapsed)
    for checks in recorder.checks.values():
        for check in checks:
            subject.checked[check.name] += 1
            if check.status is Status.FAILURE and check.failure_info is not None:
                failure = check.failure_info.failure
                if check.name == "negative_data_rejection" and READ_AS_MEANT in failure.message:
                    continue
                title = f"{failure.operation}: {check.name}: {failure.title}: {failure.message.splitlines()[0][:200]}"
                subject.failures.setdefault(title, f"{failure.message}\n{check.failure_info.code_sample}"[:3000])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.schema_fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=None, help="where the station lives; kept")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="schema-fuzz-"))
    try:
        lines = held(folder, arguments.cases, arguments.seed)
    except AssertionError as error:
        print(f"{error}\nBROKEN; everything is in {folder}")
        return 1
    print("\n".join(lines))
    print("HELD")
    return 0


if __name__ == "__main__":
    sys.exit(main())
