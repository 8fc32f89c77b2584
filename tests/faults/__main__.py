"""`make torture`: the fault experiments, at any length."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.faults import schema_fuzz
from tests.faults.api_kills import api_kills, api_kills_report
from tests.faults.control_torture import control_report, control_torture
from tests.faults.mes_torture import mes_report, mes_torture
from tests.faults.races import races, races_report
from tests.faults.races_prompts import race_of_answers
from tests.faults.torture import report, torture


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--suite", choices=["engine", "mes", "control", "races", "api", "schema"], default="engine")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=None, help="where the station lives; kept when it fails")
    parser.add_argument("--profile", choices=["documented", "neurohub"], default="documented", help="suite mes only")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="torture-"))
    try:
        lines = asyncio.run(_run(arguments, folder))
    except AssertionError as error:
        print(error)
        print(f"\nNOT HELD; everything is in {folder}")
        return 1
    print("\n" + "\n".join(lines))
    print("HELD")
    return 0


async def _run(arguments: argparse.Namespace, folder: Path) -> list[str]:
    rounds, seed = arguments.rounds, arguments.seed
    if arguments.suite == "races":
        lines = races_report(await races(folder, rounds, seed, print))
        await race_of_answers(rounds)
        return [*lines, f"two answers to one prompt    {rounds:5d} rounds: one was taken, the other heard that it was"]
    if arguments.suite == "api":
        subject = await api_kills(folder, rounds, print)
        lines = api_kills_report(subject)
        assert not subject.problems, "\n".join(lines)
        return lines
    if arguments.suite == "schema":
        return await asyncio.to_thread(schema_fuzz.held, folder, rounds * schema_fuzz.OF_A_ROUND, seed)
    if arguments.suite == "mes":
        return mes_report(await mes_torture(folder, rounds, seed, print, arguments.profile))
    if arguments.suite == "control":
        return control_report(await control_torture(folder, rounds, seed, print))
    return report(await torture(folder, rounds, seed, print))


if __name__ == "__main__":
    sys.exit(main())
