"""What is owed to the MES for one WIP: the items, and what became of each."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, Field, JsonValue

from station.domain.outcome import Outcome
from station.domain.run import RunResult, UnitUnderTest


class MesAction(StrEnum):
    """What the MES is told; always in this order for one WIP and process."""

    START = "start_process"
    """착공: the unit enters the process."""
    COMPLETE = "complete_process"
    """완공: the unit leaves it, with a result."""
    CONVERT = "convert_to_serial"
    """시리얼 변환: the WIP becomes a serial number."""


class DeliveryState(StrEnum):
    """Where one item is on its way, as `sync_queue.state` has it."""

    PENDING = "pending"
    """Owed; it is tried until it is delivered."""
    DELIVERED = "delivered"
    PARKED = "parked"
    """The MES has refused it: a person must decide."""
    DISCARDED = "discarded"
    """A person has decided that it is not sent."""
    REFUSED = "refused"
    """The MES has refused a start whose run was told so and has stopped: nothing is owed any more."""


class Disposition(StrEnum):
    """What becomes of a unit whose run ended in ERROR or ABORTED, which says nothing about the unit."""

    ASK = "ask"
    """A person decides; until then the completion waits for them."""
    RETRY = "retry"
    """It is tested again: the MES is told nothing, the process stays open."""
    REWORK = "rework"
    SCRAP = "scrap"
    """It counts as bad: FAIL, which ends the WIP."""


class MesPlan(BaseModel):
    """How a run deals with the MES, as it was when the run was accepted.

    Attributes:
        online_wait: How long the run waits for an answer before it goes on without.
        auto_convert: Whether a WIP that has passed its last process gets its serial number unasked.
    """

    online_wait: timedelta = timedelta(seconds=3)
    auto_convert: bool = False
    on_error: Disposition = Disposition.ASK
    on_abort: Disposition = Disposition.ASK


class OwedItem(BaseModel):
    """One thing the MES must be told.

    Attributes:
        item_id: `<run>/<action>`: the same item is never taken twice.
        payload: The body as the MES takes it, without what the other fields say; a completion without `result`
            waits for a person's disposition.
        auto_convert: Whether a conversion follows where this completion completes the WIP.
    """

    item_id: str
    run_id: str = ""
    batch: str = ""
    action: MesAction
    wip: str
    process: int | None = None
    operator: str | None = None
    payload: dict[str, JsonValue] = Field(default_factory=dict)
    auto_convert: bool = False
    created_at: datetime


class MesRefusal(BaseModel):
    """Why the MES, or the station on its behalf, said no; a person must decide.

    Attributes:
        code: Stable, such as WIP_NOT_FOUND.
        message: English.
        message_ko: Korean.
    """

    code: str
    message: str
    message_ko: str = ""


class Delivered(BaseModel):
    """What became of an item, as far as it is known.

    Attributes:
        state: DELIVERED, PARKED or DISCARDED; PENDING: it is on its way, and production goes on.
        wip_status: The WIP's status in the MES after it.
        serial: The serial number, where the item was a conversion.
        error: Why it is still pending.
    """

    item_id: str
    state: DeliveryState
    wip_status: str = ""
    serial: str = ""
    refusal: MesRefusal | None = None
    error: str = ""


NEEDS_DISPOSITION = "NEEDS_DISPOSITION"
"""Code of a completion that waits for a person, because its run said nothing about the unit."""

MES_RESULTS = {
    Outcome.PASSED: "PASS",
    Outcome.FAILED: "FAIL",
}
"""What the MES is told of a verdict on a unit; a fault is never one."""

_DISPOSED = {Disposition.REWORK: "REWORK", Disposition.SCRAP: "FAIL"}
REWORK_REQUESTED = "rework_requested"
"""What a step returns as true where a failed unit is to be reworked instead of ending."""


def mes_result(outcome: Outcome, plan: MesPlan, *, rework: bool) -> tuple[bool, str | None]:
    """Decide what the MES is told of a run.

    Returns:
        Whether it is told anything at all; and the result, or None where a person must decide first.
    """
    if outcome is Outcome.FAILED and rework:
        return True, "REWORK"
    if outcome in MES_RESULTS:
        return True, MES_RESULTS[outcome]
    wish = plan.on_error if outcome is Outcome.ERROR else plan.on_abort
    if wish is Disposition.RETRY:
        return False, None
    return True, _DISPOSED.get(wish)


def merge_measurements(steps: Sequence[tuple[str, Mapping[str, JsonValue]]]) -> dict[str, JsonValue]:
    """Put what all steps returned and measured side by side (checklist S2-31).

    A name that two steps use with different values is prefixed with its step from the second one on, as often as it
    takes, so that nothing is overwritten.
    """
    merged: dict[str, JsonValue] = {}
    for step, values in steps:
        for name, value in values.items():
            if name == REWORK_REQUESTED:
                continue
            free = name
            while free in merged and merged[free] != value:
                free = f"{step}.{free}"
            merged[free] = value
    return merged


def owed_end(
    result: RunResult,
    unit: UnitUnderTest,
    batch: str,
    plan: MesPlan,
    steps: Sequence[tuple[str, Mapping[str, JsonValue]]],
) -> OwedItem | None:
    """Make what the MES must be told of a run's end: every value of every step, and the time it took without waiting.

    Args:
        result: What the run came to.
        unit: What was tested.
        batch: The slot.
        plan: How the run deals with the MES.
        steps: What each finished step returned and measured, in order.

    Returns:
        None where the MES is told nothing.
    """
    if unit.wip is None:
        return None
    rework = any(values.get(REWORK_REQUESTED) is True for _, values in steps)
    tell, word = mes_result(result.outcome, plan, rework=rework)
    if not tell:
        return None
    took = result.completed_at - result.started_at - result.waited
    cycle: dict[str, JsonValue] = {"cycle_time_ms": round(took.total_seconds() * 1000)}
    notes = [unit.notes] if unit.notes else []
    if result.reason is not None:
        notes.append(f"{result.reason.code}: {result.reason.message}")
    return OwedItem(
        item_id=f"{result.run_id}/{MesAction.COMPLETE}",
        run_id=result.run_id,
        batch=batch,
        action=MesAction.COMPLETE,
        wip=unit.wip,
        process=unit.process,
        operator=unit.operator,
        payload={
            "result": word,
            "measurements": merge_measurements([("", cycle), *steps]),
            "defects": list(result.defects),
            "notes": "; ".join(notes),
            "started_at": result.started_at.isoformat(),
            "completed_at": result.completed_at.isoformat(),
        },
        auto_convert=plan.auto_convert,
        created_at=result.completed_at,
    )
