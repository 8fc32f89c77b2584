"""What a Reference MES is made of: its profile, its file, and the switches in which real backends differ."""

from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Profile(StrEnum):
    """Which of the two contracts is spoken."""

    DOCUMENTED = "documented"
    """The contract as it is written down."""
    NEUROHUB = "neurohub"
    """The contract as the backend in the factory really behaves."""


class MesSettings(BaseModel):
    """How the server behaves; nothing here changes while it runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Profile = Profile.DOCUMENTED
    database: Path
    """SQLite file; made with its folder when missing."""
    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    """TCP port; 0: the system chooses a free one."""
    processes: int = Field(default=6, ge=1)
    """How many manufacturing processes there are, numbered from 1."""
    process_key_offset: int = Field(default=0, ge=0)
    """neurohub: a process's database key is its number plus this; 0 hides clients that confuse the two."""
    allow_rework_from_failed: bool = False
    """documented: whether a process may start on a FAILED WIP. The neurohub profile always allows it."""
    api_key: str = "reference-key"
    """documented: the static key every call must bear."""
    station_key: str = "reference-station-key"
    """neurohub: the key that is handed out at login and accepted as X-API-Key on scans."""
    username: str = "operator"
    password: str = "operator"  # noqa: S105 - a password of a simulation
    operator_id: int = 5
    """The user behind `username`."""
    operators: int = Field(default=100, ge=1)
    """neurohub: operators 1 to this number are known; others are a conflict (409)."""
    token_life: timedelta = timedelta(minutes=30)
    refresh_life: timedelta = timedelta(days=7)
    rate_limit: int | None = Field(default=None, ge=0)
    """Requests per client address in `rate_window`; 0: no limit. None: 100 for neurohub, no limit for documented."""
    login_limit: int = Field(default=10, ge=1)
    """Logins per client address in `rate_window`; only where there is a rate limit at all."""
    rate_window: timedelta = timedelta(seconds=60)
    convert_broken: bool = False
    """neurohub: convert-to-serial answers 500 on every call, as one released version does."""
    rework_refused: bool = False
    """neurohub: REWORK is a conflict (409), as on some database schemas."""
    race_window: timedelta = timedelta(milliseconds=5)
    """neurohub: how long lies between checking a rule and committing; parallel calls slip through. 0: none do."""

    @property
    def requests_per_window(self) -> int:
        """The rate limit that applies; 0: none."""
        if self.rate_limit is not None:
            return self.rate_limit
        return 100 if self.profile is Profile.NEUROHUB else 0
