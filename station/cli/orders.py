"""Passes orders on: to the run on a batch, to a batch's process."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from temporalio.client import Client

from station.cli.output import out
from station.cli.place import Place, user, wait_for
from station.control import commands
from station.domain.manual import ManualStatus
from station.domain.run import RunStatus

_Answer = TypeVar("_Answer")


def stop(config_file: Path, batch: str, reason: str) -> None:
    """Stop the run on a batch, or its manual control."""
    place = Place.of(config_file)

    stopped = _send(
        place, batch, lambda client: commands.stop_run(client, place.config, batch, by=user(), reason=reason)
    )
    by_hand = isinstance(stopped, ManualStatus)
    what = "manual control was told to end; the instruments are made safe" if by_hand else ""
    out().print(f"{batch}: {what or 'the run was told to stop; cleanup runs'}", markup=False)


def recover(config_file: Path, batch: str, choice: str, reason: str) -> None:
    """Say what becomes of an interrupted run."""
    place = Place.of(config_file)
    status = _send(
        place,
        batch,
        lambda client: commands.recover_run(client, place.config, batch, choice=choice, by=user(), reason=reason),
    )
    out().print(f"{batch}: {choice} it is; run {status.run_id}", markup=False)


def pause(config_file: Path, batch: str, reason: str) -> None:
    """Hold the run before its next step."""
    place = Place.of(config_file)
    status = _send(
        place, batch, lambda client: commands.pause_run(client, place.config, batch, by=user(), reason=reason)
    )
    out().print(f"{batch}: {_where(status)}", markup=False)


def resume(config_file: Path, batch: str, reason: str) -> None:
    """Let a paused run go on."""
    place = Place.of(config_file)
    status = _send(
        place, batch, lambda client: commands.resume_run(client, place.config, batch, by=user(), reason=reason)
    )
    out().print(f"{batch}: goes on; {_where(status)}", markup=False)


def skip(config_file: Path, batch: str, step: str, reason: str) -> None:
    """Leave a step out."""
    place = Place.of(config_file)
    status = _send(
        place,
        batch,
        lambda client: commands.skip_step(client, place.config, batch, step=step, by=user(), reason=reason),
    )
    out().print(f"{batch}: {step} is left out; the run can end ABORTED at best; {_where(status)}", markup=False)


def goto(config_file: Path, batch: str, step: str, reason: str, *, force: bool) -> None:
    """Go back to a step, or to the latest one where none is named."""
    place = Place.of(config_file)
    status = _send(
        place,
        batch,
        lambda client: commands.go_back(client, place.config, batch, step=step, by=user(), reason=reason, force=force),
    )
    what = f"back to {step}" if step else "the latest step is done again"
    out().print(f"{batch}: {what}; {_where(status)}", markup=False)


def command(config_file: Path, batch: str, action: str) -> None:
    """Start, stop or restart a batch's process."""
    place = Place.of(config_file)
    process = _send(place, batch, lambda client: commands.command_batch(client, place.config, batch, action, by=user()))
    pid = f"; its process is {process.pid}" if process.pid else ""
    out().print(f"{batch}: {action} is done{pid}", markup=False)


def _send(place: Place, batch: str, order: Callable[[Client], Awaitable[_Answer]]) -> _Answer:
    """Connect and send; a batch that is not configured is refused before anything is connected."""
    place.config.batch(batch)

    async def work() -> _Answer:
        return await order(await place.client())

    return wait_for(work())


def _where(status: RunStatus) -> str:
    current = f", finishing {', '.join(status.current)}" if status.current else ""
    return f"run {status.run_id} is {status.waiting_for or status.state.value}{current}"
