"""The command `station`: its commands, its errors, its exit codes."""

import os
import sys
from typing import NoReturn

import typer

from station.cli import (
    access_commands,
    config_commands,
    manual_commands,
    mes,
    package_commands,
    queue_commands,
    run_commands,
    sequence_commands,
    station_commands,
    view_commands,
)
from station.cli.output import EXIT_ERROR, err, print_error
from station.domain.errors import ConfigError, StationError

EXIT_INTERRUPTED = 130
"""Ctrl-C where there was no run to stop; 128 + SIGINT, as shells count."""

app = typer.Typer(
    name="station",
    help="The test station that survives anything.",
    epilog="Exit codes: 0 PASSED or done, 1 FAILED, 2 ERROR, 3 ABORTED, 78 the configuration is wrong.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (
    station_commands,
    run_commands,
    manual_commands,
    queue_commands,
    view_commands,
    package_commands,
    sequence_commands,
    access_commands,
    config_commands,
    mes,
):
    module.register(app)


def main() -> NoReturn:
    """Run the command line and end the process with its exit code, whatever threads are still alive."""
    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # the reader of the pipe is gone
            continue
    # The interpreter's own way out can be aborted by the SDK's threads (exit code 134).
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code."""
    try:
        app(arguments, prog_name="station")
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else EXIT_ERROR * bool(exit_.code)
    except ConfigError as error:
        from station.config.load import EXIT_CONFIG

        print_error(error)
        return EXIT_CONFIG
    except StationError as error:
        print_error(error)
        return EXIT_ERROR
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return 0
    except Exception:  # noqa: BLE001 - exit code 1 would say that a unit is bad
        err().print_exception()
        return EXIT_ERROR
    return 0
