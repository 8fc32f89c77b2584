"""Shows a run while it goes on: as a table that moves on a terminal, line by line elsewhere."""

from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from station.cli.output import duration_text, styled, value_text
from station.cli.picture import Attempt, Picture, Value
from station.control.owed import reason_ko
from station.domain.outcome import Outcome, RunState
from station.domain.run import RunReason

_HELD = {RunState.PAUSED, RunState.PROMPTING, RunState.WAITING_FOR_WORKER, RunState.INTERRUPTED}
"""States worth a line of their own; the others are told by the steps."""


class Screen(Protocol):
    """Something a run is shown on."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""

    def show(self, picture: Picture) -> None:
        """Show what is known now."""


class Silent:
    """Shows nothing: for machines, which get the result."""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    def show(self, picture: Picture) -> None:
        """Show nothing."""


class LiveTable:
    """A table that is drawn again in place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._picture: Picture | None = None
        self._live = Live(console=console, refresh_per_second=8, get_renderable=self._draw)

    def __enter__(self) -> Self:
        """Take the screen."""
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the screen back, the last table on it."""
        self._live.__exit__(kind, error, trace)

    def show(self, picture: Picture) -> None:
        """Take it for the next drawing."""
        self._picture = picture

    def _draw(self) -> Group:
        """Draw the table; what does not fit on the screen is left out at the top while the run goes on."""
        if self._picture is None:
            return Group()
        room = None if self._picture.over else max(4, self._console.height - 8)
        return _drawing(self._picture, room)


class Lines:
    """One line for each thing that happened."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: dict[tuple[str, int], str] = {}
        self._state = ""
        self._holdup = ""
        self._notice = ""
        self._asked: set[str] = set()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    def show(self, picture: Picture) -> None:
        """Write what has not been written."""
        for id, (question, command) in picture.prompts.items():
            if id not in self._asked:
                self._asked.add(id)
                self._console.print(f"{escape(question)}\n  answer with: {escape(command)}")
        if picture.state != self._state and picture.state in _HELD:
            self._console.print(f"state: {escape(picture.state)}")
        self._state = picture.state
        for attempt in picture.attempts:
            key = (attempt.step, attempt.attempt)
            if attempt.over and self._told.get(key) != attempt.state:
                self._told[key] = attempt.state
                self._attempt(attempt)
        if picture.notice and picture.notice != self._notice:
            self._console.print(escape(picture.notice))
        self._notice = picture.notice
        holdup = picture.holdup()
        if holdup and holdup != self._holdup:
            self._console.print(f"waits: {escape(holdup)}")
        self._holdup = holdup

    def _attempt(self, attempt: Attempt) -> None:
        name = attempt.step if attempt.attempt == 1 else f"{attempt.step} #{attempt.attempt}"
        self._console.print(f"{escape(name):<32} {styled(f'{attempt.state:<11}')} {duration_text(attempt.elapsed):>9}")
        for value in attempt.values:
            self._console.print(
                f"  {escape(value.name):<30} {styled(f'{value.outcome:<11}')} "
                f"{escape(value_text(value.value, value.unit)):>16}  {escape(value.limit)}".rstrip()
            )
        if why := _why(attempt):
            self._console.print(f"  {escape(why)}")


def screen_for(console: Console, *, silent: bool = False) -> Screen:
    """Choose how a run is shown."""
    if silent:
        return Silent()
    return LiveTable(console) if console.is_terminal else Lines(console)


def print_summary(console: Console, picture: Picture) -> None:
    """Write what the run came to, or why it was refused."""
    result = picture.result
    if result is None:
        if picture.refused:
            console.print(f"[yellow]refused[/]  {escape(picture.batch)}  run {picture.run_id}")
            _print_reason(console, picture.refused)
        return
    took = duration_text(result.completed_at - result.started_at)
    console.print(f"{styled(result.outcome)}  {escape(picture.batch)}  {took}  run {picture.run_id}")
    if result.reason:
        _print_reason(console, result.reason)
    if result.defects:
        console.print(f"defects: {escape(', '.join(result.defects))}")
    if result.recoveries:
        console.print(f"recovered from {result.recoveries} interruption(s)")
    if not result.hardware_safe:
        console.print("[bold red]the safe state of the instruments could not be confirmed[/]")


def _print_reason(console: Console, reason: RunReason) -> None:
    console.print(f"reason:  {escape(reason.code)}: {escape(reason.message)}")
    if korean := reason_ko(reason.code):
        console.print(f"         {korean}")


def _drawing(picture: Picture, room: int | None) -> Group:
    table = Table(box=None, pad_edge=False, expand=False)
    for name in ("step", "state", "time", "measurement", "value", "limits", "outcome"):
        table.add_column(name, justify="right" if name in {"time", "value"} else "left", no_wrap=name != "measurement")
    rows = [row for attempt in picture.attempts for row in _rows(attempt)]
    hidden = 0 if room is None else max(0, len(rows) - room)
    if hidden:
        table.add_row(f"[dim]… {hidden} lines above[/]")
    for row in rows[hidden:]:
        table.add_row(*row)
    left = [] if picture.over else picture.pending()
    parts: list[Table | str] = [table]
    if left:
        shown = ", ".join(left[:6]) + (f" and {len(left) - 6} more" if len(left) > 6 else "")
        parts.append(f"[dim]to come: {escape(shown)}[/]")
    if picture.notice and not picture.over:
        parts.append(f"[bold]{escape(picture.notice)}[/]")
    for question, command in picture.prompts.values():
        parts.append(f"[bold yellow]{escape(question)}[/]\n  answer with: {escape(command)}")
    if holdup := picture.holdup():
        parts.append(f"[yellow]waits: {escape(holdup)}[/]")
    elif not picture.over:
        parts.append(f"[dim]{escape(picture.state)}[/]")
    return Group(*parts)


def _rows(attempt: Attempt) -> list[tuple[str, ...]]:
    title = attempt.title if attempt.attempt == 1 else f"{attempt.title} #{attempt.attempt}"
    elapsed = attempt.elapsed
    if not attempt.over and attempt.began:
        elapsed = datetime.now(UTC) - attempt.began
    said = _why(attempt) or attempt.progress
    values = [_cells(value) for value in attempt.values]
    first = values[0] if values and not said else (escape(said), "", "", "")
    rest = values if said else values[1:]
    state = f"[dim]{escape(attempt.state)}, given up[/]" if attempt.given_up else styled(attempt.state)
    head = (escape(title), state, duration_text(elapsed))
    return [(*head, *first), *(("", "", "", *cells) for cells in rest)]


def _cells(value: Value) -> tuple[str, str, str, str]:
    text = escape(value_text(value.value, value.unit))
    return escape(value.name), text, escape(value.limit), styled(value.outcome)


def _why(attempt: Attempt) -> str:
    if attempt.fault:
        return f"{attempt.fault.code}: {attempt.fault.message}"
    if attempt.state == "interrupted":
        return attempt.progress
    return f"defects: {', '.join(attempt.defects)}" if attempt.defects and attempt.state == Outcome.FAILED else ""
