"""What people did."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, JsonValue

from station.storage.audit import AuditRecord, AuditVerdict


class AuditEntry(BaseModel):
    """Something a person did, or asked for and got.

    Attributes:
        id: Grows without a gap.
        actor: Who; `station` for what it decided itself.
        target: To what: a batch, a run, an item, a user.
    """

    id: int
    time: datetime
    actor: str
    action: str
    target: str
    reason: str
    data: dict[str, JsonValue]

    @classmethod
    def of(cls, entry: AuditRecord) -> Self:
        """Translate an entry."""
        deed = entry.deed
        return cls(
            id=entry.id,
            time=deed.at,
            actor=deed.actor,
            action=deed.action,
            target=deed.target,
            reason=deed.reason,
            data=deed.data,
        )


class AuditPage(BaseModel):
    """Entries, newest first.

    Attributes:
        next: `before` of the next page; null: there is none.
    """

    items: list[AuditEntry]
    next: int | None


class AuditCheck(BaseModel):
    """Whether the audit is whole.

    Attributes:
        entries: How many were looked at.
        head_id: The last one that is whole.
        head_hash: Its hash; noted elsewhere, `station audit verify --known` tells later whether it still stands.
        broken_id: The first entry at which the chain breaks; null: nowhere.
        problem: What is wrong there; empty: nothing.
    """

    whole: bool
    entries: int
    head_id: int
    head_hash: str
    broken_id: int | None
    problem: str

    @classmethod
    def of(cls, verdict: AuditVerdict) -> Self:
        """Translate what was found."""
        return cls(
            whole=verdict.whole,
            entries=verdict.entries,
            head_id=verdict.head_id,
            head_hash=verdict.head_hash,
            broken_id=verdict.broken_id,
            problem=verdict.problem,
        )
