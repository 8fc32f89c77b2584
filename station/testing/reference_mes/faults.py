"""What goes wrong on demand: one fault for the next matching calls, or a seeded random shower of them."""

import asyncio
import random
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from station.testing.reference_mes.calls import CallKind

_Choice = TypeVar("_Choice")


class FaultKind(StrEnum):
    """How a call can go wrong. What is said about committing holds unless `commit` says otherwise."""

    REFUSE = "refuse"
    """The connection is closed in order, without an answer and without a look at the request."""
    DELAY = "delay"
    """The request waits for `delay` seconds, then it is carried out; its caller may be long gone by then.
    With `commit` it is carried out at once and the answer is what is late."""
    STATUS = "status"
    """`status` is answered, as the profile writes errors; 429 and 503 with Retry-After where one is given."""
    COMMIT_THEN_RESET = "commit_then_reset"
    """The request is carried out, then the connection is reset (RST): its caller cannot know."""
    RESET_BEFORE_COMMIT = "reset_before_commit"
    """The connection is reset and nothing is carried out."""
    HALF_BODY = "half_body"
    """Carried out; half the answer is sent, then the connection is closed."""
    HTML = "html"
    """A page comes from something in between, by default with status 200; nothing is carried out."""
    GARBAGE_JSON = "garbage_json"
    """Carried out; the answer says it is JSON and is none."""
    WRONG_TYPE = "wrong_type"
    """Carried out; the answer is JSON in which every value has another type."""
    TRICKLE = "trickle"
    """Carried out; the answer comes byte by byte, `pace` seconds apart."""
    TOKEN_STORM = "token_storm"  # noqa: S105 - a fault
    """401 for whoever bears a token or a key; logging in and refreshing work."""
    DATABASE_DOWN = "database_down"
    """As the real one without its database: 401 for valid tokens too, its health is degraded with 200."""
    CLOCK_SKEW = "clock_skew"
    """The server's clock is ahead by `skew` seconds, until its time is over or it is healed."""


COMMITTING = frozenset(
    {
        FaultKind.COMMIT_THEN_RESET,
        FaultKind.HALF_BODY,
        FaultKind.GARBAGE_JSON,
        FaultKind.WRONG_TYPE,
        FaultKind.TRICKLE,
    }
)
LASTING = frozenset({FaultKind.CLOCK_SKEW, FaultKind.DATABASE_DOWN})
"""States rather than events: they hold until healed unless a count or a time is given."""

SHOWER = (
    FaultKind.REFUSE,
    FaultKind.DELAY,
    FaultKind.STATUS,
    FaultKind.COMMIT_THEN_RESET,
    FaultKind.RESET_BEFORE_COMMIT,
    FaultKind.HALF_BODY,
    FaultKind.HTML,
    FaultKind.GARBAGE_JSON,
    FaultKind.WRONG_TYPE,
    FaultKind.TRICKLE,
    FaultKind.TOKEN_STORM,
)
"""What a random schedule chooses from when it is not told."""
SHOWER_STATUSES = (500, 502, 503, 504, 429)


class Match(BaseModel):
    """Which calls a fault is for; what is not said matches everything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str | None = None
    """Regular expression, searched in the path."""
    method: str | None = None
    kind: CallKind | None = None

    @model_validator(mode="after")
    def _path_is_an_expression(self) -> Self:
        try:
            re.compile(self.path or "")
        except re.error as error:
            msg = f"not a regular expression: {error}"
            raise ValueError(msg) from error
        return self

    def fits(self, method: str, path: str, kind: CallKind) -> bool:
        """Whether a request is meant."""
        return (
            (self.path is None or re.search(self.path, path) is not None)
            and (self.method is None or self.method.upper() == method.upper())
            and self.kind in {None, kind}
        )


class Fault(BaseModel):
    """One fault: what, for which calls, how often or how long."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    match: Match = Match()
    count: int | None = Field(default=1, ge=1)
    """How many calls it hits; None: every one, for `seconds` or until healed. 1 unless `seconds` are given."""
    seconds: float | None = Field(default=None, gt=0)
    """How long it lasts; None: until its count is used up or it is healed."""
    status: int | None = Field(default=None, ge=200, le=599)
    """status: 500 unless given. html: 200 unless given."""
    retry_after: float | None = Field(default=None, ge=0)
    """Seconds for Retry-After; 429 says 1 unless given."""
    delay: float = Field(default=30.0, ge=0)
    """delay: seconds."""
    pace: float = Field(default=0.05, ge=0)
    """trickle: seconds between two bytes."""
    skew: float = 600.0
    """clock_skew: seconds the clock is ahead; negative: behind."""
    commit: bool | None = None
    """Whether the request is carried out; None: as its kind says."""

    @model_validator(mode="before")
    @classmethod
    def _lasting_without_a_count(cls, data: object) -> object:
        if isinstance(data, dict) and "count" not in data and (data.get("seconds") or data.get("kind") in LASTING):
            return {**data, "count": None}
        return data

    @property
    def commits(self) -> bool:
        """Whether the request is carried out."""
        return self.kind in COMMITTING if self.commit is None else self.commit


class Schedule(BaseModel):
    """A random shower of faults that is the same for the same seed and the same order of calls."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 1
    rate: float = Field(ge=0, le=1)
    """Share of the calls that go wrong."""
    kinds: tuple[FaultKind, ...] = SHOWER
    delay: float = Field(default=0.2, ge=0)
    """Longest delay, in seconds."""
    match: Match = Match()

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read `seed=1,rate=0.1,kinds=status|delay`; a ValueError says what is wrong with it."""
        words = dict(word.partition("=")[::2] for word in text.split(",") if word)
        kinds = {"kinds": words.pop("kinds").split("|")} if "kinds" in words else {}
        return cls.model_validate({**words, **kinds})


class FaultPlan:
    """The faults that are waiting; every call asks whether one is for it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._schedule: Schedule | None = None
        self._random = random.Random(0)  # noqa: S311 - chance, not a secret
        self._healed = asyncio.Event()

    def add(self, fault: Fault) -> None:
        """Let it go wrong from now on; faults that came first are used up first."""
        until = None if fault.seconds is None else self._clock() + fault.seconds
        self._waiting.append(_Waiting(fault, fault.count, until))

    def shower(self, schedule: Schedule) -> None:
        """Let a share of the calls go wrong from now on."""
        self._schedule = schedule
        self._random = random.Random(schedule.seed)  # noqa: S311 - chance, not a secret

    def heal(self) -> None:
        """End every fault, those that are holding a call back included."""
        self._waiting.clear()
        self._schedule = None
        self._healed.set()
        self._healed = asyncio.Event()

    @property
    def waiting(self) -> list[Fault]:
        """The faults that have not been used up."""
        self._forget()
        return [entry.fault.model_copy(update={"count": entry.left}) for entry in self._waiting]

    @property
    def schedule(self) -> Schedule | None:
        """The random shower, where there is one."""
        return self._schedule

    @property
    def skew(self) -> float:
        """Seconds the server's clock is ahead."""
        self._forget()
        return sum(entry.fault.skew for entry in self._waiting if entry.fault.kind is FaultKind.CLOCK_SKEW)

    def next(self, method: str, path: str, kind: CallKind) -> Fault | None:
        """The fault of this call, or None where all is well; counts it."""
        self._forget()
        for entry in self._waiting:
            fault = entry.fault
            if fault.kind is FaultKind.CLOCK_SKEW or not fault.match.fits(method, path, kind):
                continue
            if fault.kind is FaultKind.TOKEN_STORM and kind in _OPEN_CALLS:
                continue
            if entry.left is not None:
                entry.left -= 1
            return fault
        return self._by_chance(method, path, kind)

    async def pause(self, seconds: float) -> None:
        """Hold a call back, until the time is over or all is healed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._healed.wait()

    def _forget(self) -> None:
        now = self._clock()
        self._waiting = [entry for entry in self._waiting if entry.left != 0 and (entry.until or now) >= now]

    def _by_chance(self, method: str, path: str, kind: CallKind) -> Fault | None:
        schedule = self._schedule
        if schedule is None or not schedule.match.fits(method, path, kind):
            return None
        if self._random.random() >= schedule.rate:
            return None
        fault_kind = _choose(self._random, schedule.kinds)
        if fault_kind is FaultKind.TOKEN_STORM and kind in _OPEN_CALLS:
            fault_kind = FaultKind.STATUS
        return Fault(
            kind=fault_kind,
            status=_choose(self._random, SHOWER_STATUSES) if fault_kind is FaultKind.STATUS else None,
            retry_after=0.2 if fault_kind is FaultKind.STATUS else None,
            delay=schedule.delay * self._random.random(),
            pace=0.001,
        )


class _Waiting:
    def __init__(self, fault: Fault, left: int | None, until: float | None) -> None:
        self.fault = fault
        self.left = left
        self.until = until


_OPEN_CALLS = frozenset({CallKind.HEALTH, CallKind.LOGIN, CallKind.REFRESH})


def _choose(chance: random.Random, among: Sequence[_Choice]) -> _Choice:
    return among[chance.randrange(len(among))]
