"""One thing that is wrong with the configuration, as data and as the line a person reads."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from pydantic import JsonValue

from station.config.codes import ProblemCode
from station.config.tree import Path

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_CREDENTIALS = re.compile(r"//[^/@]*@")
_LONGEST_SHOWN = 60
_MOST_SHOWN = 100


@dataclass(frozen=True)
class Problem:
    """What is wrong, where, and what to write instead."""

    text: str
    path: Path = ()
    line: int | None = None
    """Line of the file, from 1; None: the file as a whole, or the environment."""
    variable: str = ""
    """The environment variable that the value comes from; empty: it comes from the file."""
    code: ProblemCode = field(default=ProblemCode.YAML_INVALID, compare=False)
    params: Mapping[str, JsonValue] = field(default_factory=dict, compare=False)
    """What the text speaks of, for screens that say it in another language."""

    def render(self, file: str) -> str:
        """Write it as one line."""
        place = self.variable or (file if self.line is None else f"{file}:{self.line}")
        return ": ".join(part for part in (place, dotted(self.path), self.text) if part)


def report(problems: Iterable[Problem], file: str) -> str:
    """Write all of them, a line each: the file from top to bottom, then the environment."""
    ordered = sorted(problems, key=lambda problem: (bool(problem.variable), problem.line or 0))
    lines = list(dict.fromkeys(problem.render(file) for problem in ordered))
    if len(lines) > _MOST_SHOWN:
        lines[_MOST_SHOWN:] = [f"{file}: and {len(lines) - _MOST_SHOWN} more problems"]
    return "\n".join(lines)


def dotted(path: Path) -> str:
    """Write a path as people do: `batches[1].sequence_package`."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        elif _PLAIN_KEY.fullmatch(key) and len(key) <= _LONGEST_SHOWN:
            text += f".{key}"
        else:
            text += f".{shown(key)}"
    return text.removeprefix(".")


def shown(value: object) -> str:
    """Show a single value on one line, however long or odd it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    masked = _CREDENTIALS.sub("//***@", value)
    cut = masked[:_LONGEST_SHOWN]
    printable = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)
    return f'"{printable}"' + (" ..." if len(masked) > len(cut) else "")


def closest(word: str, known: Iterable[str]) -> str | None:
    """Give the known word that was probably meant."""
    if len(word) > _LONGEST_SHOWN:  # comparing costs the product of the lengths
        return None
    by_lower = {name.lower(): name for name in known}
    matches = get_close_matches(word.lower().replace("-", "_"), by_lower, n=1, cutoff=0.6)
    return by_lower[matches[0]] if matches else None
