"""The command line of the station."""

from station.cli.main import main

__all__ = ["main"]
