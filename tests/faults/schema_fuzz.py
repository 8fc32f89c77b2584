"""E22: the API gets from every role what its own schema allows, and what it does not: a command of this module."""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

from station.domain.roles import Permission, Role
from tests.api.conftest import BATCHES
from tests.api.served import Served, served_station
from tests.faults.schema_doors import KEY_HEADER, code_of, is_shown, wrong_at_door

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
PHASES = ("examples", "coverage", "fuzzing", "stateful")
WHOLE = ("examples", "coverage")
"""Phases that end by themselves; the others share what is left of a role's cases."""
OF_A_ROUND = 200
"""Cases of each role in a round of `make torture`; its fifty rounds are ten thousand."""
SLOWEST = 1.0
"""Seconds within which 99 of 100 answers must come; commands that wait for a process are not counted."""
NOBODY = "nobody"
"""The turn in which nothing is shown."""
KEY = "the-administrators-key-of-a-station-that-is-fuzzed"
SECTIONS: dict[str, Any] = {
    # The documented examples speak of slot_1.
    "batches": [batch | {"id": f"slot_{number}"} for number, batch in enumerate(BATCHES[:3], start=1)],
    "manual": {"idle_timeout": 2, "client_timeout": 2, "command_timeout": 5},
    "server": {
        "auth": {
            "enabled": True,
            "type": "api_key",
            "api_key": {"keys": [KEY], "role": "admin"},
            "whitelist_role": "none",
            # Wrong keys and passwords are sent here by the thousand; what locks them out has tests of its own.
            "failed_logins": 1_000_000,
        }
    },
}
"""Of the station's configuration: whoever calls shows a key, and a slot in somebody's hand comes free again."""
READ_AS_MEANT = "Incorrect type"
"""A number is taken for a time, 0 for false, "5" for 5: nobody is misunderstood by it."""
WAITING = ("/start", "/stop", "/restart", "/upload", "/validate", "/clear", "/manual", "/sync", "/login", "/token")


@dataclass
class Turn:
    """What came of one role.

    Attributes:
        phases: Requests that were sent, by phase.
        statuses: How they were answered.
        checked: How often each check was made.
        served: Operations that did what they were asked, for the key of this role.
        forbidden: Operations that answered 403 to it.
        closed: Operations that answered 401 where it was not shown, or something else was.
        failures: What is wrong, each kind once, with how to repeat it.
        times: Seconds each answer took that waits for nothing.
    """

    role: str
    key: str | None
    phases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)
    served: set[str] = field(default_factory=set)
    forbidden: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    failures: dict[str, str] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """Requests that were sent."""
        return self.phases.total()

    @property
    def proved(self) -> set[str]:
        """Operations that are known to be closed without the key; for a role, those that are open with it."""
        return self.closed & self.served if self.key else self.closed

    @property
    def p99(self) -> float:
        """Seconds within which 99 of 100 answers came."""
        return sorted(self.times)[int(len(self.times) * 0.99)] if self.times else 0.0


@contextmanager
def fuzzed(folder: Path) -> Iterator[tuple[Served, dict[str, str | None]]]:
    """A station to be fuzzed, and the key of each role; that of the administrator is of station.yaml."""
    with served_station(folder, **SECTIONS) as served:
        keys: dict[str, str | None] = {NOBODY: None}
        with served.client(headers={KEY_HEADER: KEY}) as admin:
            for role in Role:
                if role is not Role.ADMIN:
                    made = admin.post("/api/keys", json={"name": f"fuzz-{role}", "role": role})
                    assert made.status_code == 201, made.text
                    keys[role.value] = made.json()["key"]
        # Last of all: an administrator may take the others' keys away.
        yield served, {**keys, Role.ADMIN.value: KEY}


def fuzz(
    served: Served,
    role: str,
    key: str | None,
    cases: int,
    seed: int,
    tell: Callable[[str], None],
    phases: Sequence[str] = PHASES,
) -> Turn:
    """Send cases as one role, of every phase, until there were enough.

    Args:
        served: The station.
        role: The role.
        key: What it shows; None: nothing.
        cases: How many, at least.
        seed: Of what is sent.
        tell: Hears how far it is.
        phases: Which of the phases.
    """
    turn = Turn(role, key)
    open_ended = [phase for phase in phases if phase not in WHOLE]
    for phase in [one for one in phases if one in WHOLE] + open_ended:
        _bring_back(served)
        if phase in WHOLE:
            _one_run(served, turn, phase, seed, 0)
        else:
            left = open_ended[open_ended.index(phase) :]
            goal, run = turn.cases + max(1, (cases - turn.cases) // len(left)), seed
            while turn.cases < goal:
                _one_run(served, turn, phase, run, goal)
                run += 1
        tell(f"{role}: {phase}: {turn.phases[phase]} cases, {len(turn.failures)} kinds of failures so far")
    return turn


def held(folder: Path, cases: int, seed: int) -> list[str]:
    """Run it on a station of its own, as many cases with each role; gives the report, or raises what is wrong."""
    with fuzzed(folder) as (served, keys):
        turns = [fuzz(served, role, key, cases, seed, print) for role, key in keys.items()]
    wrong = [problem for turn in turns for problem in problems(turn)]
    # Not of a few cases: the slowest of a hundred is one that the machine had no time for.
    wrong += [f"{one.role}: 99 of 100 answers came within {one.p99:.3f} s" for one in turns if one.p99 > SLOWEST]
    assert not wrong, "\n".join([*report(turns, seed), *wrong])
    return report(turns, seed)


def report(turns: Sequence[Turn], seed: int) -> list[str]:
    """Write down what came of it."""
    lines = []
    for turn in turns:
        lines += [f"\n{turn.role}: {title}\n{how}" for title, how in turn.failures.items()]
    for turn in turns:
        answered = ", ".join(f"{status}: {count}" for status, count in sorted(turn.statuses.items()))
        lines += [
            f"{turn.role:9} cases    {turn.cases} ({', '.join(f'{name} {n}' for name, n in turn.phases.items())})",
            f"          answers  {answered}",
            f"          login    {len(turn.proved)} operations refused whoever had not shown it; {len(turn.served)} "
            f"did what it asked, {len(turn.forbidden)} answered 403",
            f"          p99      {turn.p99:.3f} s",
        ]
    checked: Counter[str] = sum((turn.checked for turn in turns), Counter())
    lines += [f"checked   {name}: {count}" for name, count in sorted(checked.items())]
    failures = sum(len(turn.failures) for turn in turns)
    return [*lines, f"cases     {sum(turn.cases for turn in turns)}", f"failures  {failures}", f"seed      {seed}"]


def problems(turn: Turn, phases: Sequence[str] = PHASES) -> list[str]:
    """What must not be, and what must have been."""
    wrong = list(turn.failures)
    if not turn.checked["ignored_auth"] or not turn.proved:
        wrong.append(f"{turn.role}: whether a login is ignored was not found out")
    if turn.key is not None and bool(turn.forbidden) == (turn.role == Role.ADMIN.value):
        wrong.append(f"{turn.role}: {len(turn.forbidden)} operations answered 403")
    return wrong + [f"{turn.role}: nothing was sent in phase {phase}" for phase in phases if not turn.phases[phase]]


def _bring_back(served: Served) -> None:
    """Give each batch its process again, whatever was asked for before."""
    with served.client(headers={KEY_HEADER: KEY}) as admin:
        for batch in SECTIONS["batches"]:
            admin.post(f"/api/batches/{batch['id']}/sequence/stop")
            admin.post(f"/api/batches/{batch['id']}/start")


def _one_run(served: Served, turn: Turn, phase: str, seed: int, goal: int) -> None:
    with served.client(headers={KEY_HEADER: KEY}) as admin:
        document = admin.get("/openapi.json").json()
    operations = sum(len(methods) for methods in document["paths"].values())
    told: dict[str, Any] = {
        "seed": seed,
        "base-url": served.url,
        "headers": {KEY_HEADER: turn.key} if turn.key else {},
        "checks": {"enabled": False, **{check: {"enabled": True} for check in CHECKS}},
        "phases": {one: {"enabled": one == phase} for one in PHASES},
        "generation": {
            "max-examples": max(1, (goal - turn.cases) // operations),
            "database": "none",
            "no-shrink": True,
        },
        "suppress-health-check": ["all"],
        "request-timeout": 60.0,
    }
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(told))
    stream = from_schema(schema).execute()
    for event in stream:
        if isinstance(event, events.NonFatalError | events.FatalError):
            turn.failures.setdefault(f"{type(event).__name__}: {event}"[:300], "")
        if isinstance(event, events.ScenarioFinished):
            _take(turn, phase, event)
            if goal and turn.cases >= goal:
                stream.stop()


def _take(turn: Turn, phase: str, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    for id, interaction in recorder.interactions.items():
        turn.phases[phase] += 1
        response, request = interaction.response, interaction.request
        if response is None:
            turn.failures.setdefault(f"{recorder.label}: no answer", request.uri)
            continue
        turn.statuses[response.status_code] += 1
        if not any(word in request.uri for word in WAITING):
            turn.times.append(response.elapsed)
        operation = recorder.cases[id].value.operation
        if request.method.upper() == operation.method.upper():
            _at_the_door(turn, operation, request, response)
    for checks in recorder.checks.values():
        for check in checks:
            turn.checked[check.name] += 1
            if check.status is Status.FAILURE and check.failure_info is not None:
                failure = check.failure_info.failure
                if check.name == "negative_data_rejection" and READ_AS_MEANT in failure.message:
                    continue
                title = f"{failure.operation}: {check.name}: {failure.title}: {failure.message.splitlines()[0][:200]}"
                turn.failures.setdefault(title, f"{failure.message}\n{check.failure_info.code_sample}"[:3000])


def _at_the_door(turn: Turn, operation: Any, request: Any, response: Any) -> None:
    asked = Permission(operation.definition.raw["x-permission"])
    role = Role(turn.role) if is_shown(request.headers, turn.key) else None
    code = code_of(response.content)
    if wrong := wrong_at_door(asked, role, response.status_code, code):
        turn.failures.setdefault(f"{operation.label}: {wrong}", f"{request.method} {request.uri}")
    if role is not None and response.status_code < 300:
        turn.served.add(operation.label)
    if role is not None and code == "ROLE_NOT_ALLOWED":
        turn.forbidden.add(operation.label)
    if role is None and code == "NOT_AUTHENTICATED" and asked is not Permission.PUBLIC:
        turn.closed.add(operation.label)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.schema_fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="with each role")
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
