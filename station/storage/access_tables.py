"""The tables of who may use the station: people, browsers in which they are logged in, machines."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from station.storage.columns import UtcDateTime
from station.storage.tables import Base


def _time(*, nullable: bool = True) -> Any:  # noqa: ANN401 - a SQLModel field is of the type its annotation says
    return Field(default=None, sa_type=UtcDateTime, nullable=nullable)


class UserRow(Base, table=True):
    """A person who may log in."""

    __tablename__ = "users"
    __table_args__ = (Index("ix_users_badge_hash", "badge_hash", unique=True),)

    name: str = Field(primary_key=True)
    """In lower case."""
    password_hash: str
    role: str
    active: bool = True
    stamp: str
    """Changes whenever everything that was shown for this user before is to be worth nothing."""
    created_at: datetime = _time(nullable=False)
    created_by: str
    changed_at: datetime = _time(nullable=False)
    badge_hash: str | None = None
    """Null: it has none."""


class SessionRow(Base, table=True):
    """Somebody who logged in with a browser; the token itself is in the browser only."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user_name", "user_name"), Index("ix_sessions_expires_at", "expires_at"))

    token_hash: str = Field(primary_key=True)
    user_name: str
    stamp: str
    """Of the user when it logged in."""
    address: str
    created_at: datetime = _time(nullable=False)
    last_seen_at: datetime = _time(nullable=False)
    expires_at: datetime = _time(nullable=False)
    by_badge: bool = False
    """Whether it was begun with a badge alone."""
    locked: bool = False
    """Whether the screen is locked: nothing but STOP until somebody logs in."""


class ApiKeyRow(Base, table=True):
    """A machine that may call."""

    __tablename__ = "api_keys"
    __table_args__ = (Index("ix_api_keys_key_hash", "key_hash", unique=True),)

    name: str = Field(primary_key=True)
    key_hash: str
    role: str
    active: bool = True
    created_at: datetime = _time(nullable=False)
    created_by: str
    revoked_at: datetime | None = _time()


class FailedLoginRow(Base, table=True):
    """A login that failed lately, and what it counts against."""

    __tablename__ = "failed_logins"
    __table_args__ = (Index("ix_failed_logins_at", "at"),)

    entry_id: str = Field(primary_key=True)
    """Of the failure's entry in the audit."""
    source: str = Field(primary_key=True)
    """An address, or a user there is; what was typed for a user there is not may be a password."""
    at: datetime = _time(nullable=False)


USERS = Base.metadata.tables["users"]
SESSIONS = Base.metadata.tables["sessions"]
API_KEYS = Base.metadata.tables["api_keys"]
FAILED_LOGINS = Base.metadata.tables["failed_logins"]
