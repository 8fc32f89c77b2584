"""The API's process is killed at twelve points around a start, an answer and a stop (E03).

Whoever asks does what a careful client does: it asks again, a start with the same Idempotency-Key, until there is an
answer. Afterwards there is one run for each start, one answer for each question, and the
slot beside has noticed nothing.
"""

import asyncio
import json
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.faults.rig import Rig, choose_ports, make_rig
from tests.faults.watcher import Watcher

PACKAGES = Path(__file__).parent / "packages"
ANSWERED_WITHIN = 30.0
"""Seconds in which a client that goes on asking must be answered: the process is back long before."""
SWIFT = 0.0005

BEFORE, UNREAD, AFTER = "before it is sent", "sent, not read", "answered"

POINTS: tuple[tuple[str, str], ...] = (
    ("start", BEFORE),
    ("start", UNREAD),
    ("start", "key written"),
    ("start", "run accepted"),
    ("start", AFTER),
    ("answer", BEFORE),
    ("answer", UNREAD),
    ("answer", "answer written"),
    ("answer", AFTER),
    ("stop", BEFORE),
    ("stop", UNREAD),
    ("stop", "deed written"),
)
"""What is asked, and when the process dies."""

_WRITTEN = {
    "key written": "SELECT count(*) FROM requests",
    "run accepted": "SELECT count(*) FROM execution_results",
    "answer written": "SELECT count(*) FROM prompts WHERE state = 'answered'",
    "deed written": "SELECT count(*) FROM audit WHERE action = 'stop'",
}


@dataclass
class Killed:
    """What came of one kill.

    Attributes:
        again: How often the client asked until it was answered.
        back: Seconds from the kill to the answer.
    """

    what: str
    when: str
    again: int
    back: float
    status: int


@dataclass
class ApiKills:
    """A station whose API is killed again and again, and what was seen."""

    rig: Rig
    killed: list[Killed] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)

    @property
    def watcher(self) -> Watcher:
        return Watcher(self.rig.layout.data / "station.db")

    # Asking

    def api_process(self) -> psutil.Process:
        process = self.rig.process("api")
        assert process is not None, self.rig.tail()
        return process

    async def ask(self, path: str, body: Any, key: str = "") -> tuple[httpx.Response, int]:
        """Ask until there is an answer; gives it, and how often it was asked."""
        headers = {"Idempotency-Key": key} if key else {}
        deadline, times = time.monotonic() + ANSWERED_WITHIN, 0
        while True:
            times += 1
            try:
                async with httpx.AsyncClient(base_url=self.rig.url, timeout=10, trust_env=False) as client:
                    answer = await client.post(path, json=body, headers=headers)
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    return answer, times
            except (httpx.TransportError, OSError, ValueError):
                pass
            assert time.monotonic() < deadline, f"no answer to {path} within {ANSWERED_WITHIN} s\n{self.rig.tail()}"
            await asyncio.sleep(0.05)

    async def killed_at(self, what: str, when: str, path: str, body: Any, key: str = "") -> httpx.Response:
        """Ask for something, and kill the API's process at that point."""
        process, begun = self.api_process(), time.monotonic()
        if when == BEFORE:
            process.kill()
            answer, times = await self.ask(path, body, key)
        elif when == AFTER:
            answer, times = await self.ask(path, body, key)
            process.kill()
            again, _ = await self.ask(path, body, key)
            if key and again.json() != answer.json():
                self.problems.append(f"{what}: answered {answer.text}, and {again.text} when asked again")
        else:
            if when == UNREAD:
                process.suspend()  # the kernel takes the request, nobody reads it
                dying: asyncio.Future[None] = asyncio.get_running_loop().run_in_executor(None, self._kill_soon, process)
            else:
                dying = asyncio.get_running_loop().run_in_executor(None, self._kill_when_written, process, when)
            answer, times = await self.ask(path, body, key)
            await dying
        self.killed.append(Killed(what, when, times, time.monotonic() - begun, answer.status_code))
        await self.until(lambda: self._serves(process.pid), "the API is not back")
        return answer

    def _kill_soon(self, process: psutil.Process) -> None:
        time.sleep(0.2)
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)

    def _kill_when_written(self, process: psutil.Process, when: str) -> None:
        """Kill as soon as the database shows what the request has led to."""
        watcher, query = self.watcher, _WRITTEN[when]
        before = watcher.rows(query)[0][0]
        deadline = time.monotonic() + 10
        while watcher.rows(query)[0][0] == before and time.monotonic() < deadline:
            time.sleep(SWIFT)
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)

    def _serves(self, old: int) -> bool:
        with suppress(OSError, ValueError, httpx.TransportError):
            if json.loads(self.rig.layout.api.read_text(encoding="utf-8"))["pid"] != old:
                return httpx.get(f"{self.rig.url}/api/batches", timeout=5, trust_env=False).is_success
        return False

    async def until(self, condition: Callable[[], bool], what: str, within: float = 30.0) -> None:
        deadline = time.monotonic() + within
        while not await asyncio.to_thread(condition):
            assert time.monotonic() < deadline, f"{what}\n{self.rig.tail()}"
            await asyncio.sleep(0.02)

    # What is asked

    async def start(self, when: str) -> None:
        """A start: one run, whatever died."""
        before = set(self.runs("quick"))
        answer = await self.killed_at("start", when, "/api/batches/quick/sequence/start", {}, secrets.token_hex(8))
        run_id = answer.json().get("execution_id")
        await self.until(lambda: self.is_over(run_id), f"run {run_id} has not ended")
        self.started.append(run_id)
        new = set(self.runs("quick")) - before
        if answer.status_code != httpx.codes.ACCEPTED or new != {run_id}:
            self.problems.append(f"start, {when}: answered {answer.text}; the runs are {sorted(new)}")

    async def answer(self, when: str) -> None:
        """An answer: taken once, and the run goes on to its end."""
        started, _ = await self.ask(
            "/api/batches/asking/sequence/start", {"parameters": {"form": False}}, secrets.token_hex(8)
        )
        run_id = started.json()["execution_id"]
        await self.until(lambda: bool(self.open_prompts(run_id)), "nothing is asked")
        (prompt,) = self.open_prompts(run_id)
        path = f"/api/prompts/{prompt}/answer"
        answer = await self.killed_at("answer", when, path, {"values": {"answer": True}})
        await self.until(lambda: self.is_over(run_id), f"run {run_id} has not ended")
        if answer.status_code not in {httpx.codes.OK, httpx.codes.CONFLICT}:
            self.problems.append(f"answer, {when}: {answer.status_code} {answer.text}")
        ((state, by),) = self.watcher.rows("SELECT state, answered_by FROM prompts WHERE execution_id = ?", run_id)
        ((outcome,),) = self.watcher.rows("SELECT outcome FROM execution_results WHERE id = ?", run_id)
        if (state, outcome) != ("answered", "PASSED"):
            self.problems.append(f"answer, {when}: the prompt is {state} by {by}, the run {outcome}")

    async def stop(self, when: str) -> None:
        """A stop: the run is stopped once, with its cleanup."""
        body = {"parameters": {"pause": 0.5}}
        started, _ = await self.ask("/api/batches/stopped/sequence/start", body, secrets.token_hex(8))
        run_id = started.json()["execution_id"]
        await self.until(lambda: bool(self.steps(run_id)), "the run does not move")
        path = "/api/batches/stopped/sequence/stop"
        answer = await self.killed_at("stop", when, path, {"reason": when})
        await self.until(lambda: self.is_over(run_id), f"run {run_id} has not ended")
        ((outcome,),) = self.watcher.rows("SELECT outcome FROM execution_results WHERE id = ?", run_id)
        if outcome != "ABORTED" or answer.status_code not in {httpx.codes.OK, httpx.codes.CONFLICT}:
            self.problems.append(f"stop, {when}: {answer.status_code} {answer.text}; the run ended {outcome}")

    # Looking

    def runs(self, batch: str) -> list[str]:
        return [row[0] for row in self.watcher.rows("SELECT id FROM execution_results WHERE batch_id = ?", batch)]

    def is_over(self, run_id: str | None) -> bool:
        found = self.watcher.rows("SELECT outcome FROM execution_results WHERE id = ?", run_id)
        return bool(found and found[0][0])

    def open_prompts(self, run_id: str) -> list[str]:
        query = "SELECT id FROM prompts WHERE execution_id = ? AND state = 'open'"
        return [row[0] for row in self.watcher.rows(query, run_id)]

    def steps(self, run_id: str) -> list[tuple[Any, ...]]:
        return self.watcher.rows("SELECT step_name, status FROM step_results WHERE execution_id = ?", run_id)


@contextmanager
def station_to_kill(folder: Path) -> Iterator[ApiKills]:
    """A station with a slot for each kind of request, and one that nobody disturbs."""
    slots = {"quick": "quick", "asking": "asking", "stopped": "steady", "beside": "steady"}
    batches = [
        {"id": name, "sequence_package": str(PACKAGES / package), "auto_start": True} for name, package in slots.items()
    ]
    ports = choose_ports()
    rig = make_rig(folder, batches, ports, {"server": {"port": 0}})
    try:
        rig.start_station()
        yield ApiKills(rig)
    finally:
        rig.close()


async def api_kills(folder: Path, rounds: int, say: Callable[[str], None], points: int = len(POINTS)) -> ApiKills:
    """Kill at each point, so many times.

    Returns:
        What was seen; `problems` is empty where the promises held.
    """
    with station_to_kill(folder) as subject:
        for number in range(rounds):
            begun, killed = time.monotonic(), len(subject.killed)
            answer, _ = await subject.ask(
                "/api/batches/beside/sequence/start", {"parameters": {"pause": 1.0}}, secrets.token_hex(8)
            )
            beside = answer.json()["execution_id"]
            for what, when in POINTS[:: max(1, len(POINTS) // points)]:
                await getattr(subject, what)(when)
            subject.problems += _disturbances(subject, beside)
            await subject.ask("/api/batches/beside/sequence/stop", {})
            await subject.until(lambda run=beside: subject.is_over(run), "the slot beside does not end")
            say(f"round {number:3d}  {len(subject.killed) - killed} kills in {time.monotonic() - begun:.0f} s")
        if subject.watcher.integrity() != "ok":
            subject.problems.append("the database is damaged")
        return subject


def _disturbances(subject: ApiKills, run_id: str) -> list[str]:
    """What the slot beside noticed; nothing, it is hoped."""
    found = subject.watcher.rows(
        "SELECT step_name, attempt, status, elapsed_s FROM step_results WHERE execution_id = ? ORDER BY id", run_id
    )
    return [
        f"beside: {step} attempt {attempt} is {status}"
        for step, attempt, status, _ in found
        if attempt != 1 or status not in {"completed", "running"}
    ]


def api_kills_report(subject: ApiKills) -> list[str]:
    """What was seen, in lines for people."""
    backs = sorted(kill.back for kill in subject.killed)
    lines = [
        f"{what + ', ' + when:28s} {sum(k.again for k in kills) / len(kills):6.1f} requests until answered"
        for what, when in dict.fromkeys((kill.what, kill.when) for kill in subject.killed)
        if (kills := [kill for kill in subject.killed if (kill.what, kill.when) == (what, when)])
    ]
    lines.append(
        f"kills {len(subject.killed)}; answered again p50 {backs[len(backs) // 2]:.2f} s, max {backs[-1]:.2f} s"
    )
    lines.append(f"starts {len(subject.started)}, each one run; problems {len(subject.problems)}")
    return [*lines, *subject.problems]
