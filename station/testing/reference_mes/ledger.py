"""The ledger: every request with what was answered, and every effect that was committed; it survives a kill -9."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from station.testing.reference_mes.calls import CallKind
from station.testing.reference_mes.store import connect
from station.testing.reference_mes.times import to_text

KEPT_HEADERS = (
    "authorization",
    "x-api-key",
    "x-station-id",
    "x-equipment-id",
    "idempotency-key",
    "content-type",
    "user-agent",
)
SECRET_HEADERS = frozenset({"authorization", "x-api-key"})
SECRET_FIELDS = frozenset({"password", "refresh_token"})


class LedgerRequest(BaseModel):
    """One request that reached the server."""

    model_config = ConfigDict(frozen=True)

    id: int
    at: datetime
    kind: CallKind
    method: str
    path: str
    query: str
    headers: dict[str, str]
    """Those of interest; of a secret only its last four characters."""
    body: str
    status: int | None
    """What was answered; None: nothing was."""
    fault: str | None
    """Which fault it met, where it met one."""
    answered_at: datetime | None


class Effect(BaseModel):
    """One thing that was committed. It is on disk before anybody is told."""

    model_config = ConfigDict(frozen=True)

    id: int
    at: datetime
    request_id: int | None
    """Which request caused it; None: it was seeded."""
    wip: str
    process: int | None
    """Number of the process."""
    kind: str
    """start, complete or convert."""
    result: str | None
    operator_id: int | None
    started_at: str | None
    completed_at: str | None
    serial: str | None
    idempotency_key: str | None


class Duplicate(BaseModel):
    """The same thing committed more than once; a FAIL may be meant to be."""

    model_config = ConfigDict(frozen=True)

    wip: str
    process: int | None
    kind: str
    result: str | None
    count: int


class LedgerReport(BaseModel):
    """The whole ledger."""

    requests: list[LedgerRequest]
    effects: list[Effect]
    duplicates: list[Duplicate]
    """Per WIP, process, kind and result."""

    def of(self, wip: str, kind: str | None = None) -> list[Effect]:
        """The effects on a WIP, in the order they were committed."""
        return [effect for effect in self.effects if effect.wip == wip and kind in {None, effect.kind}]

    def calls(self, kind: CallKind | str) -> list[LedgerRequest]:
        """The requests of a kind, in the order they came."""
        return [request for request in self.requests if request.kind == kind]


class Ledger:
    """Writes requests down, and reads everything back.

    Requests are not waited for: a killed server has lost none, a power cut may lose the last ones. Effects are
    written by the store, in the same transaction as what they tell of.
    """

    def __init__(self, path: Path) -> None:
        self._db = connect(path, "OFF")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def arrived(
        self, kind: CallKind, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> int:
        """Write a request down before anything is done about it; returns its number."""
        cursor = self._db.execute(
            "INSERT INTO requests (at, kind, method, path, query, headers, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (_now(), kind, method, path, query, json.dumps(_kept(headers)), _without_secrets(kind, body)),
        )
        return cursor.lastrowid or 0

    def answered(self, request_id: int, status: int | None, fault: str | None) -> None:
        """Write down how a request ended; a status of None: nothing was answered."""
        self._db.execute(
            "UPDATE requests SET status = ?, fault = ?, answered_at = ? WHERE id = ?",
            (status, fault, _now(), request_id),
        )

    def report(self, *, since: int = 0, with_requests: bool = True) -> LedgerReport:
        """Everything after the request and the effect of a number; effects of before count as duplicates still."""
        requests: list[dict[str, Any]] = []
        if with_requests:
            for row in self._db.execute("SELECT * FROM requests WHERE id > ? ORDER BY id", (since,)):
                requests.append({**dict(row), "headers": json.loads(row["headers"])})
        effects = [Effect.model_validate(dict(row)) for row in self._db.execute("SELECT * FROM effects ORDER BY id")]
        counts = Counter((effect.wip, effect.process, effect.kind, effect.result) for effect in effects)
        return LedgerReport(
            requests=[LedgerRequest.model_validate(request) for request in requests],
            effects=effects,
            duplicates=[
                Duplicate(wip=wip, process=process, kind=kind, result=result, count=count)
                for (wip, process, kind, result), count in counts.items()
                if count > 1
            ],
        )


def _now() -> str:
    return to_text(datetime.now(UTC))


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    kept = {name: headers[name] for name in KEPT_HEADERS if name in headers}
    for name in SECRET_HEADERS & kept.keys():
        scheme, _, secret = kept[name].rpartition(" ")
        kept[name] = f"{scheme} ...{secret[-4:]}".strip()
    return kept


def _without_secrets(kind: CallKind, body: bytes) -> str:
    text = body.decode(errors="replace")
    if kind not in {CallKind.LOGIN, CallKind.REFRESH}:
        return text
    try:
        fields = json.loads(text)
    except ValueError:
        return "..."
    if not isinstance(fields, dict):
        return "..."
    return json.dumps({name: "..." if name in SECRET_FIELDS else value for name, value in fields.items()})
