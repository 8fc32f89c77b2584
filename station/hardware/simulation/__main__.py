"""Run a simulated bench: `python -m station.hardware.simulation --dir data/sim --slots 3 --unit slot_2=bad`."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from station.hardware.simulation.bench import serve
from station.hardware.simulation.settings import BenchSettings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or Ctrl-C; returns the exit code: 0, 2 for wrong arguments, 1 for a port that is taken."""
    try:
        settings = _settings(_parser().parse_args(arguments))
    except ValidationError as error:
        sys.stderr.write(f"{error}\n")
        return 2

    def ready() -> None:
        sys.stdout.write(f"bench ready: {settings.slots} slots, see {settings.directory / 'bench.json'}\n")
        sys.stdout.flush()

    try:
        asyncio.run(serve(settings, ready))
    except OSError as error:
        sys.stderr.write(f"the bench cannot start: {error}; is another one running?\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    default = {name: field.default for name, field in BenchSettings.model_fields.items()}
    parser = argparse.ArgumentParser(prog="python -m station.hardware.simulation", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="where the serial lines, the log and bench.json go")
    parser.add_argument("--slots", type=int, default=default["slots"])
    parser.add_argument("--unit", action="append", default=[], metavar="good|bad|SLOT=good|SLOT=bad", help="repeatable")
    parser.add_argument("--psu-port", type=int, default=default["psu_port"], help="of slot_1; 0 lets the system choose")
    parser.add_argument("--opcua-port", type=int, default=default["opcua_port"])
    parser.add_argument("--control-port", type=int, default=default["control_port"])
    parser.add_argument("--seed", type=int, default=default["seed"])
    parser.add_argument("--time-scale", type=float, default=default["time_scale"])
    parser.add_argument("--log", type=Path, default=None)
    return parser


def _settings(arguments: argparse.Namespace) -> BenchSettings:
    facts: dict[str, object] = dict(vars(arguments))
    words: list[str] = arguments.unit
    facts["directory"] = facts.pop("dir")
    facts["unit"] = next((word for word in reversed(words) if "=" not in word), "good")
    facts["units"] = dict(word.split("=", 1) for word in words if "=" in word)
    return BenchSettings.model_validate(facts)


if __name__ == "__main__":
    sys.exit(main())
