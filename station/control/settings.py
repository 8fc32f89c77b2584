"""station.yaml as people change it: read without its secrets, checked, saved whole or not at all, and taken back."""

import asyncio
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, JsonValue, TypeAdapter

from station.config.codes import ProblemCode, Wanted
from station.config.document import DocumentError
from station.config.load import judge, package_problems
from station.config.masking import mask, uniform, unmask
from station.config.model import StationConfig
from station.config.problems import Problem, dotted, report
from station.config.source import document_of, text_of
from station.control.changes import SettingChange, changes
from station.control.layout import Layout
from station.control.noting import note
from station.control.settings_file import SettingsBackup, SettingsFile, hash_of
from station.domain.errors import ConfigError
from station.storage.database import Database

SHOWN = 12
"""Digits of a hash that people read."""
_MOST_NAMED = 50
"""Settings that the audit names."""


class WantedValue(BaseModel):
    """One thing that a setting may be.

    Attributes:
        of: The values to choose from.
        low: The least number, itself allowed.
        above: The number it must be more than.
        high: The largest number, itself allowed.
        least: How many items it needs.
        most: How many characters it may have.
    """

    kind: Wanted
    of: list[str] | None = None
    low: float | None = None
    above: float | None = None
    high: float | None = None
    least: int | None = None
    most: int | None = None


class SettingsProblem(BaseModel):
    """One thing that is wrong.

    Attributes:
        line: Of the text, from 1; null: the text as a whole, or the environment.
        path: The setting; empty: none in particular.
        variable: The environment variable that the value comes from; empty: it comes from the text.
        text: What is wrong and what to write instead, in English.
        code: The same for screens, with the `params` it speaks of; `said` holds words that have no code.
        wanted: What the setting must be: one of these.
    """

    line: int | None
    path: str
    variable: str
    text: str
    code: ProblemCode = ProblemCode.SETTING_REFUSED
    params: dict[str, JsonValue] = {}
    wanted: list[WantedValue] = []

    @classmethod
    def of(cls, problem: Problem) -> "SettingsProblem":
        """Translate a problem."""
        return cls(
            line=problem.line,
            path=dotted(problem.path),
            variable=problem.variable,
            text=problem.text,
            code=problem.code,
            params={name: value for name, value in problem.params.items() if name != "wanted"},
            wanted=_WANTED.validate_python(problem.params.get("wanted", [])),
        )


_WANTED = TypeAdapter(list[WantedValue])


class SettingsCheck(BaseModel):
    """What a text would do.

    Attributes:
        problems: What is wrong; it can be saved where there is nothing.
        changes: What differs from what runs; empty where the text is wrong.
        diff: What differs from the file, line by line, as `diff -u` writes it, without secrets.
    """

    problems: list[SettingsProblem]
    changes: list[SettingChange]
    diff: list[str]


class SettingsText(SettingsCheck):
    """station.yaml as it stands.

    Attributes:
        file: Its path.
        text: What stands in it; a secret is shown as `<secret 1>`. Empty where it cannot be read, see `problems`.
        hash: Of the file; who saves says what it had read.
        modified_at: When it was last written.
        writable: Whether the station may write it.
    """

    file: str
    text: str
    hash: str
    modified_at: datetime
    writable: bool


@dataclass(frozen=True)
class _Wish:
    """What stands in the file, what is to stand there, and which settings differ."""

    before: bytes
    after: bytes
    changed: list[str]


@dataclass(frozen=True)
class Settings:
    """The file of a station's settings.

    Attributes:
        file: station.yaml.
        layout: Where the station keeps its files, and so its backups.
        environ: The environment, for `${NAME}` and for overrides.
    """

    file: Path
    layout: Layout
    environ: Mapping[str, str]

    def read(self, runs: StationConfig | None) -> SettingsText:
        """Read the file; a SettingsError passes through.

        Args:
            runs: What the station runs with; None: nothing is compared.
        """
        content = self._file.content()
        found = self._check(content, content, runs)
        try:
            text = mask(text_of(content))
        except DocumentError:  # nobody knows what in it is secret
            text = ""
        return SettingsText(
            file=str(self.file),
            text=text,
            hash=hash_of(content),
            modified_at=self._file.modified_at,
            writable=self._file.writable,
            problems=found.problems,
            changes=found.changes,
            diff=[],
        )

    def check(self, text: str, known: str, runs: StationConfig | None) -> SettingsCheck:
        """Say what an edited text would do; a SettingsError passes through.

        Args:
            text: With `<secret 1>` where a secret of the file is meant.
            known: Hash of the file the text was made of.
            runs: What the station runs with; None: nothing is compared.
        """
        content = self._file.known_content(known)
        try:
            return self._check(_with_secrets(text, content), content, runs)
        except DocumentError as error:
            return SettingsCheck(problems=[SettingsProblem.of(error.problem)], changes=[], diff=[])

    def check_backup(self, backup: str, runs: StationConfig | None) -> SettingsCheck:
        """Say what taking a backup back would do; a SettingsError passes through."""
        return self._check(self._file.backup_content(backup), self._file.content(), runs)

    async def save(self, database: Database, text: str, known: str, *, by: str, reason: str = "") -> str:
        """Save an edited text; what stood in the file is put aside before.

        A ConfigError passes through where the text is wrong, with `problems` that name lines; a SettingsError where
        the file is another one by now, or cannot be written.

        Args:
            database: The open results database, for the audit.
            text: With `<secret 1>` where a secret of the file is meant.
            known: Hash of the file the text was made of.
            by: Who does it.
            reason: Why; may be empty.

        Returns:
            The id of the backup; empty where nothing was changed.
        """
        with self._file.alone():
            wish = await asyncio.to_thread(self._wish_of_text, text, known)
            return await self._write(database, wish, by=by, reason=reason, action="settings_save")

    async def restore(self, database: Database, backup: str, known: str, *, by: str, reason: str = "") -> str:
        """Take a backup back; what stands in the file now is put aside before.

        Returns:
            The id of the backup of what stood there; empty where it is the same. Errors are those of `save`.
        """
        with self._file.alone():
            wish = await asyncio.to_thread(self._wish_of_backup, backup, known)
            return await self._write(database, wish, by=by, reason=reason, action="settings_restore")

    def backups(self) -> list[SettingsBackup]:
        """List what was put aside, newest first."""
        return self._file.backups()

    @property
    def _file(self) -> SettingsFile:
        return SettingsFile(self.file, self.layout.settings)

    def _check(self, content: bytes, file: bytes, runs: StationConfig | None) -> SettingsCheck:
        config, problems = self._judge(content)
        return SettingsCheck(
            problems=[SettingsProblem.of(problem) for problem in problems],
            changes=changes(runs, config) if runs is not None and config is not None else [],
            diff=_diff(file, content),
        )

    def _judge(self, content: bytes) -> tuple[StationConfig | None, list[Problem]]:
        try:
            document = document_of(text_of(content))
        except DocumentError as error:
            return None, [error.problem]
        judged = judge(document, self.environ)
        problems = list(judged.problems)
        if judged.config is not None:
            problems += package_problems(judged.config, document.root, self.layout.base)
        ordered = sorted(problems, key=lambda problem: (bool(problem.variable), problem.line or 0))
        return judged.config if not problems else None, ordered

    def _wish_of_text(self, text: str, known: str) -> _Wish:
        """Find out what is to be written.

        Raises:
            ConfigError: If it is wrong.
        """
        before = self._file.known_content(known)
        try:
            return self._wish(before, _with_secrets(text, before))
        except DocumentError as error:
            raise ConfigError(
                report([error.problem], self.file.name), file=str(self.file), problems=_told([error.problem])
            ) from None

    def _wish_of_backup(self, backup: str, known: str) -> _Wish:
        return self._wish(self._file.known_content(known), self._file.backup_content(backup))

    def _wish(self, before: bytes, after: bytes) -> _Wish:
        """Find out what is to be written.

        Raises:
            ConfigError: If it is wrong.
        """
        config, problems = self._judge(after)
        if config is None:
            raise ConfigError(report(problems, self.file.name), file=str(self.file), problems=_told(problems))
        old, _ = self._judge(before)
        changed = [change.path for change in changes(old, config)] if old is not None else []
        return _Wish(before, after, changed)

    async def _write(self, database: Database, wish: _Wish, *, by: str, reason: str, action: str) -> str:
        if wish.before == wish.after:
            return ""
        with self._file.replaced(wish.before, wish.after) as backup:
            await note(
                database, by=by, action=action, target=self.file.name, reason=reason, backup=backup,
                before=hash_of(wish.before)[:SHOWN], after=hash_of(wish.after)[:SHOWN],
                changed=list(wish.changed[:_MOST_NAMED]),
            )  # fmt: skip
        return backup


def _told(problems: list[Problem]) -> list[dict[str, JsonValue]]:
    return [SettingsProblem.of(problem).model_dump() for problem in problems]


def _with_secrets(text: str, original: bytes) -> bytes:
    """Make the bytes to be written of an edited text; a DocumentError passes through."""
    document_of(text)  # what is no YAML is told by the lines of what was given
    before = _text_or_nothing(original)
    if "\r\n" in before and "\r" not in text:  # browsers know one kind of line end
        text = text.replace("\n", "\r\n")
    return unmask(text, before or "{}").encode()


def _text_or_nothing(content: bytes) -> str:
    try:
        text = text_of(content)
        document_of(text)
    except DocumentError:
        return ""
    return text


def _diff(before: bytes, after: bytes) -> list[str]:
    try:
        old, new = uniform(mask(_text_or_nothing(before) or "{}")), uniform(mask(text_of(after)))
    except DocumentError:
        return []
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=2)
    return list(lines)[2:]
