"""`station config`: checks station.yaml, shows it without its secrets, saves it and takes it back."""

import os
import sys
from pathlib import Path

from station.cli.output import out, print_json, time_text
from station.cli.place import Place, user, wait_for
from station.config.load import EXIT_CONFIG
from station.control.layout import Layout
from station.control.settings import Settings
from station.control.settings_file import hash_of
from station.domain.errors import SettingsError


def check(file: Path, *, json: bool) -> int:
    """Say what is wrong with the file; returns the exit code."""
    found = _settings(file).read(None)
    if json:
        print_json([problem.model_dump() for problem in found.problems])
    for problem in () if json else found.problems:
        where = problem.variable or (str(file) if problem.line is None else f"{file}:{problem.line}")
        out().print(": ".join(part for part in (where, problem.path, problem.text) if part), markup=False)
    if not found.problems and not json:
        out().print(f"{file} can be used.", markup=False)
    return EXIT_CONFIG if found.problems else 0


def show(file: Path, *, json: bool) -> None:
    """Write the file without its secrets; a SettingsError passes through."""
    found = _settings(file).read(None)
    if json:
        print_json(found)
    else:
        sys.stdout.write(found.text)


def backups(file: Path, *, json: bool) -> None:
    """List the backups of the station's file."""
    found = _of_place(Place.of(file)).backups()
    if json:
        print_json([backup.model_dump(mode="json") for backup in found])
        return
    for backup in found:
        out().print(f"{backup.id}  until {time_text(backup.saved_at)}", markup=False)


def save(file: Path, edited: Path, *, reason: str) -> None:
    """Save an edited text.

    Raises:
        SettingsError: If either file cannot be read.
    """
    place = Place.of(file)
    try:
        text, known = edited.read_text(encoding="utf-8"), hash_of(file.read_bytes())
    except (OSError, ValueError) as error:
        msg = f"{edited} cannot be read: {error}."
        raise SettingsError("SETTINGS_NOT_READ", msg, file=str(edited)) from error

    async def write() -> str:
        async with place.database() as database:
            return await _of_place(place).save(database, text, known, by=user(), reason=reason)

    _tell(file, wait_for(write()))


def restore(file: Path, backup: str, *, reason: str) -> None:
    """Take a backup back; a SettingsError and a ConfigError pass through."""
    place = Place.of(file)
    known = hash_of(file.read_bytes())

    async def write() -> str:
        async with place.database() as database:
            return await _of_place(place).restore(database, backup, known, by=user(), reason=reason)

    _tell(file, wait_for(write()))


def _tell(file: Path, backup: str) -> None:
    if not backup:
        out().print(f"{file} is the same; nothing was written.", markup=False)
        return
    out().print(f"{file} is saved; it takes effect when the station is started again.", markup=False)
    out().print(f"What it was: {backup} (station config restore {backup})", markup=False)


def _settings(file: Path) -> Settings:
    # Where the file is wrong, nobody knows where its backups are: they are not asked for here.
    base = Path.cwd()
    return Settings(file, Layout(base=base, data=base / "data"), os.environ)


def _of_place(place: Place) -> Settings:
    return Settings(place.config_file, place.layout, os.environ)
