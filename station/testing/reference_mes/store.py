"""What the MES knows, in one SQLite file: an effect is on disk, with its line in the ledger, before it is answered."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from station.testing.reference_mes.times import to_text

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lots (id INTEGER PRIMARY KEY AUTOINCREMENT, lot_number TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS wips (
  id INTEGER PRIMARY KEY AUTOINCREMENT, wip_id TEXT NOT NULL UNIQUE, lot_id INTEGER NOT NULL,
  sequence_in_lot INTEGER NOT NULL, status TEXT NOT NULL, current_process INTEGER, serial_id INTEGER,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL, completed_at TEXT, converted_at TEXT);
CREATE TABLE IF NOT EXISTS history (
  id INTEGER PRIMARY KEY AUTOINCREMENT, wip_item_id INTEGER NOT NULL, process INTEGER NOT NULL,
  operator_id INTEGER, result TEXT, measurements TEXT NOT NULL DEFAULT '{}', defects TEXT NOT NULL DEFAULT '[]',
  notes TEXT, started_at TEXT, completed_at TEXT, duration_seconds INTEGER, created_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS history_of_wip ON history (wip_item_id);
CREATE TABLE IF NOT EXISTS serials (
  id INTEGER PRIMARY KEY AUTOINCREMENT, serial_number TEXT NOT NULL UNIQUE, wip_item_id INTEGER NOT NULL,
  lot_id INTEGER NOT NULL, sequence_in_lot INTEGER NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS documents_by_name ON documents (kind, name);
CREATE TABLE IF NOT EXISTS requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL, method TEXT NOT NULL,
  path TEXT NOT NULL, query TEXT NOT NULL, headers TEXT NOT NULL, body TEXT NOT NULL,
  status INTEGER, fault TEXT, answered_at TEXT);
CREATE TABLE IF NOT EXISTS effects (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, request_id INTEGER, wip TEXT NOT NULL, process INTEGER,
  kind TEXT NOT NULL, result TEXT, operator_id INTEGER, started_at TEXT, completed_at TEXT, serial TEXT,
  idempotency_key TEXT);
"""


def connect(path: Path, synchronous: str) -> sqlite3.Connection:
    """Open a connection of the MES's file; `synchronous` is SQLite's word for what a commit waits for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.executescript(SCHEMA)
    return connection


@dataclass(frozen=True)
class Wip:
    """One unit as the MES knows it; times are ISO 8601 texts."""

    id: int
    wip_id: str
    lot_id: int
    sequence_in_lot: int
    status: str
    current_process: int | None
    serial_id: int | None
    created_at: str
    updated_at: str
    completed_at: str | None
    converted_at: str | None


@dataclass(frozen=True)
class History:
    """One time a WIP went through a process; `result` is None while it is open."""

    id: int
    wip_item_id: int
    process: int
    operator_id: int | None
    result: str | None
    measurements: dict[str, Any]
    defects: list[Any]
    notes: str | None
    started_at: str | None
    completed_at: str | None
    duration_seconds: int | None
    created_at: str


@dataclass(frozen=True)
class Serial:
    """A serial number a WIP was converted to."""

    id: int
    serial_number: str
    wip_item_id: int
    lot_id: int
    status: str
    created_at: str


@dataclass(frozen=True)
class Cause:
    """Which request an effect comes from."""

    at: datetime
    request_id: int | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Completion:
    """What is written down when a process ends."""

    process: int
    operator_id: int | None
    result: str
    measurements: dict[str, Any]
    defects: list[Any]
    notes: str | None
    started_at: str
    completed_at: str
    duration_seconds: int


class Store:
    """The tables of the MES. Every method that changes something is one transaction, on disk when it returns."""

    def __init__(self, path: Path) -> None:
        self._db = connect(path, "FULL")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def meta(self, name: str, default: str) -> str:
        """A value kept under a name; the default is kept where there is none yet."""
        self._db.execute("INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)", (name, default))
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row["value"])

    def wip(self, key: int | str) -> Wip | None:
        """A WIP by its number or by its name, whose case matters."""
        column = "id" if isinstance(key, int) else "wip_id"
        row = self._db.execute(f"SELECT * FROM wips WHERE {column} = ?", (key,)).fetchone()  # noqa: S608 - two words
        return None if row is None else Wip(**dict(row))

    def lot_number(self, lot_id: int) -> str:
        """The name of a lot."""
        return str(self._db.execute("SELECT lot_number FROM lots WHERE id = ?", (lot_id,)).fetchone()["lot_number"])

    def history(self, wip: Wip) -> list[History]:
        """What the WIP went through, in the order it was written."""
        rows = self._db.execute("SELECT * FROM history WHERE wip_item_id = ? ORDER BY id", (wip.id,)).fetchall()
        return [_history(row) for row in rows]

    def serials(self, wip: Wip) -> list[Serial]:
        """The serial numbers of a WIP; more than one is somebody's mistake."""
        rows = self._db.execute("SELECT * FROM serials WHERE wip_item_id = ? ORDER BY id", (wip.id,)).fetchall()
        return [_serial(row) for row in rows]

    def serial(self, serial_id: int) -> Serial | None:
        """A serial number by its key."""
        row = self._db.execute("SELECT * FROM serials WHERE id = ?", (serial_id,)).fetchone()
        return None if row is None else _serial(row)

    def start(
        self, wip: Wip, process: int, operator_id: int, started_at: str, status: str, cause: Cause
    ) -> tuple[Wip, History]:
        """Open a process on a WIP; one that is open already is overwritten."""
        with self._transaction():
            open_row = self._open_row(wip, process)
            if open_row is None:
                row_id = self._db.execute(
                    "INSERT INTO history (wip_item_id, process, operator_id, started_at, created_at)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (wip.id, process, operator_id, started_at, to_text(cause.at)),
                ).lastrowid
            else:
                row_id = open_row.id
                self._db.execute(
                    "UPDATE history SET operator_id = ?, started_at = ? WHERE id = ?", (operator_id, started_at, row_id)
                )
            self._update(wip, cause, status=status, current_process=process)
            self._effect(wip, cause, "start", process=process, operator_id=operator_id, started_at=started_at)
        return self._again(wip), self._history_row(row_id)

    def complete(
        self, wip: Wip, completion: Completion, status: str, *, all_done: bool, cause: Cause
    ) -> tuple[Wip, History]:
        """End a process: the open row is closed, or a new one written where none is open."""
        values = {
            "operator_id": completion.operator_id,
            "result": completion.result,
            "measurements": json.dumps(completion.measurements),
            "defects": json.dumps(completion.defects),
            "notes": completion.notes,
            "started_at": completion.started_at,
            "completed_at": completion.completed_at,
            "duration_seconds": completion.duration_seconds,
        }
        with self._transaction():
            open_row = self._open_row(wip, completion.process)
            if open_row is None:
                values |= {"wip_item_id": wip.id, "process": completion.process, "created_at": to_text(cause.at)}
                row_id = self._insert("history", values)
            else:
                row_id = open_row.id
                sets = ", ".join(f"{name} = ?" for name in values)
                self._db.execute(f"UPDATE history SET {sets} WHERE id = ?", (*values.values(), row_id))  # noqa: S608 - our names
            completed_at = {"completed_at": to_text(cause.at)} if all_done else {}
            self._update(wip, cause, status=status, current_process=None, **completed_at)
            self._effect(
                wip,
                cause,
                "complete",
                process=completion.process,
                result=completion.result,
                operator_id=completion.operator_id,
                started_at=completion.started_at,
                completed_at=completion.completed_at,
            )
        return self._again(wip), self._history_row(row_id)

    def convert(self, wip: Wip, number: str, cause: Cause, operator_id: int | None = None) -> tuple[Wip, Serial]:
        """Give a WIP a serial number, of the next sequence in its lot where `{sequence}` is in it."""
        with self._transaction():
            last = self._db.execute(
                "SELECT COALESCE(MAX(sequence_in_lot), 0) AS n FROM serials WHERE lot_id = ?", (wip.lot_id,)
            ).fetchone()["n"]
            serial_number = number.format(sequence=f"{last + 1:03}")
            serial_id = self._insert(
                "serials",
                {
                    "serial_number": serial_number,
                    "wip_item_id": wip.id,
                    "lot_id": wip.lot_id,
                    "sequence_in_lot": last + 1,
                    "status": "CREATED",
                    "created_at": to_text(cause.at),
                },
            )
            self._update(wip, cause, status="CONVERTED", serial_id=serial_id, converted_at=to_text(cause.at))
            self._effect(wip, cause, "convert", operator_id=operator_id, serial=serial_number)
        row = self._db.execute("SELECT * FROM serials WHERE id = ?", (serial_id,)).fetchone()
        return self._again(wip), _serial(row)

    def add_wip(self, wip_id: str, status: str, history: list[tuple[int, str | None]], at: datetime) -> Wip:
        """Put a WIP into the MES as if it had come from the line: with its status and what it went through."""
        lot = wip_id.removeprefix("WIP-").rpartition("-")[0]
        sequence = wip_id.rpartition("-")[2]
        now = to_text(at)
        with self._transaction():
            self._db.execute("INSERT OR IGNORE INTO lots (lot_number) VALUES (?)", (lot,))
            lot_id = self._db.execute("SELECT id FROM lots WHERE lot_number = ?", (lot,)).fetchone()["id"]
            key = self._insert(
                "wips",
                {
                    "wip_id": wip_id,
                    "lot_id": lot_id,
                    "sequence_in_lot": int(sequence) if sequence.isdigit() else 1,
                    "status": status,
                    "current_process": next((process for process, result in history if result is None), None),
                    "created_at": now,
                    "updated_at": now,
                    "completed_at": now if status in {"COMPLETED", "CONVERTED"} else None,
                },
            )
            for process, result in history:
                completed = {"completed_at": now, "duration_seconds": 0} if result else {}
                values = {"wip_item_id": key, "process": process, "result": result, "started_at": now}
                self._insert("history", values | completed | {"created_at": now})
        wip = Wip(**dict(self._db.execute("SELECT * FROM wips WHERE id = ?", (key,)).fetchone()))
        return self.convert(wip, f"SN-{wip_id}", Cause(at))[0] if status == "CONVERTED" else wip

    def wip_ids(self) -> list[str]:
        """The names of all WIPs, in the order they came."""
        return [row["wip_id"] for row in self._db.execute("SELECT wip_id FROM wips ORDER BY id")]

    def put_document(self, kind: str, name: str, body: dict[str, Any], key: int | None = None) -> int:
        """Write a document (a station, a process header); with a key the one there is replaced."""
        text = json.dumps(body)
        if key is None:
            return self._insert("documents", {"kind": kind, "name": name, "body": text})
        self._db.execute("UPDATE documents SET name = ?, body = ? WHERE id = ?", (name, text, key))
        return key

    def documents(self, kind: str, name: str | None = None) -> list[tuple[int, dict[str, Any]]]:
        """The documents of a kind, all or those of a name, with their keys."""
        rows = self._db.execute(
            "SELECT id, body FROM documents WHERE kind = ? AND (? IS NULL OR name = ?) ORDER BY id", (kind, name, name)
        )
        return [(row["id"], json.loads(row["body"])) for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _insert(self, table: str, values: dict[str, Any]) -> int:
        marks = ", ".join("?" * len(values))
        statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"  # noqa: S608 - our names
        return self._db.execute(statement, tuple(values.values())).lastrowid or 0

    def _update(self, wip: Wip, cause: Cause, **values: object) -> None:
        values["updated_at"] = to_text(cause.at)
        sets = ", ".join(f"{name} = ?" for name in values)
        self._db.execute(f"UPDATE wips SET {sets} WHERE id = ?", (*values.values(), wip.id))  # noqa: S608 - our names

    def _effect(self, wip: Wip, cause: Cause, kind: str, **facts: object) -> None:
        facts |= {"at": to_text(cause.at), "request_id": cause.request_id, "idempotency_key": cause.idempotency_key}
        self._insert("effects", {"wip": wip.wip_id, "kind": kind} | facts)

    def _open_row(self, wip: Wip, process: int) -> History | None:
        rows = [row for row in self.history(wip) if row.process == process and row.result is None]
        return rows[-1] if rows else None

    def _again(self, wip: Wip) -> Wip:
        return self.wip(wip.id) or wip

    def _history_row(self, row_id: int | None) -> History:
        return _history(self._db.execute("SELECT * FROM history WHERE id = ?", (row_id,)).fetchone())


def _history(row: sqlite3.Row) -> History:
    values = dict(row)
    values["measurements"] = json.loads(values["measurements"])
    values["defects"] = json.loads(values["defects"])
    return History(**values)


def _serial(row: sqlite3.Row) -> Serial:
    values = dict(row)
    del values["sequence_in_lot"]
    return Serial(**values)
