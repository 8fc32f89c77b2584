"""Who may use the station: people with a password, machines with a key."""

from datetime import datetime

from pydantic import BaseModel

from station.domain.roles import Role


class User(BaseModel):
    """A person who may log in.

    Attributes:
        name: In lower case; what the audit says.
        active: Whether it may log in now.
        created_by: Who made it.
        changed_at: When its password was last set.
        badge: Whether it has one; the badge itself is known to nobody.
    """

    name: str
    role: Role
    active: bool
    created_at: datetime
    created_by: str
    changed_at: datetime
    badge: bool = False


class ApiKey(BaseModel):
    """A machine that may call; the key itself is known to it alone.

    Attributes:
        name: What it is for; the audit says `key:<name>`.
        active: False once it was revoked.
    """

    name: str
    role: Role
    active: bool
    created_at: datetime
    created_by: str
    revoked_at: datetime | None = None
