"""`make torture`: the fault experiments, at any length."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.faults.torture import report, torture


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--suite", choices=["engine"], default="engine")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=None, help="where the station lives; kept when it fails")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="torture-"))
    try:
        subject = asyncio.run(torture(folder, arguments.rounds, arguments.seed, print))
    except AssertionError as error:
        print(error)
        print(f"\nNOT HELD; everything is in {folder}")
        return 1
    print("\n" + "\n".join(report(subject)))
    print("HELD")
    return 0


if __name__ == "__main__":
    sys.exit(main())
