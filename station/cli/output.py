"""Where the commands write, and how values, times and outcomes are written."""

import sys
from datetime import datetime, timedelta

from pydantic import BaseModel, JsonValue
from rich.console import Console
from rich.markup import escape

from station.domain.errors import StationError
from station.domain.outcome import Outcome

OUTCOME_EXIT = {Outcome.PASSED: 0, Outcome.FAILED: 1, Outcome.ERROR: 2, Outcome.ABORTED: 3}
"""Exit codes of a run; a refused start and an error of a command are 2 as well."""
EXIT_ERROR = 2
EXIT_REFUSED = 3
"""The engine or the MES said no: the unit was not tested, or its PASS does not count there."""
EXIT_DETACHED = 3
"""Somebody stopped watching: nobody knows how the run ends, which is what ABORTED says too."""

_STYLES = {
    "PASSED": "green",
    "FAILED": "bold red",
    "ERROR": "bold magenta",
    "ABORTED": "bold yellow",
    "SKIPPED": "dim",
    "running": "cyan",
    "interrupted": "yellow",
}


def out() -> Console:
    """Standard output; a line is as long as it needs to be where nobody looks."""
    return _console(sys.stdout.isatty(), stderr=False)


def err() -> Console:
    """Standard error."""
    return _console(sys.stderr.isatty(), stderr=True)


def print_error(error: StationError) -> None:
    """Write an error the way all commands do: its code, its sentence."""
    err().print(f"[bold red]{error.code}[/]: {escape(error.message)}", highlight=False)


def print_json(answer: BaseModel | JsonValue) -> None:
    """Write an answer for machines."""
    import json

    data = answer.model_dump(mode="json") if isinstance(answer, BaseModel) else answer
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def styled(word: str) -> str:
    """Write an outcome or a state in its colour."""
    style = _STYLES.get(word)
    return f"[{style}]{escape(word)}[/]" if style else escape(word)


def value_text(value: JsonValue, unit: str = "") -> str:
    """Write a measured value with its unit: `3.294 V`."""
    if isinstance(value, bool) or value is None:
        text = str(value).lower() if value is not None else ""
    elif isinstance(value, float):
        text = f"{value:.6g}"
    elif isinstance(value, str | int):
        text = str(value)
    else:
        text = repr(value)
    return f"{text} {unit}".strip()


def duration_text(duration: timedelta) -> str:
    """Write a duration: `0.21 s`, `3:05`, `2:10:00`."""
    seconds = duration.total_seconds()
    if seconds < 60:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def time_text(moment: datetime | None) -> str:
    """Write a time of day and date in local time."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def _console(terminal: bool, *, stderr: bool) -> Console:
    # Rich would break lines at 80 columns in a pipe; whoever reads a pipe breaks lines himself.
    return Console(stderr=stderr, highlight=False, soft_wrap=not terminal, width=None if terminal else 200)
