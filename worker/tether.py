"""Ties a program's life to its parent's: when the parent dies, however it dies, so does the program.

Used as `python tether.py PARENT_PID PROGRAM ARGS...`; replaces itself by the program. Linux does the tying
(PR_SET_PDEATHSIG outlives exec); elsewhere the program runs untied and our own processes watch their parent.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie, check that the parent still lives, become the program."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)  # it died before the knot was tied
    os.execv(program[0], program)  # noqa: S606 - the supervisor built the argument list


if __name__ == "__main__":
    main()
