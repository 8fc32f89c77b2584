"""Logging in, and who may."""

from pydantic import BaseModel, Field, SecretStr

from station.domain.people import ApiKey
from station.domain.roles import Permission, Role


class LoginRequest(BaseModel):
    """A name and its password."""

    username: str = Field(min_length=1, max_length=256, examples=["kim"])
    password: SecretStr = Field(min_length=1, max_length=1024)


class BadgeLogin(BaseModel):
    """What was scanned off a badge."""

    badge: SecretStr = Field(min_length=1, max_length=256)


class TokenAnswer(BaseModel):
    """A bearer token.

    Attributes:
        expires_in: Seconds for which it is valid.
    """

    access_token: str
    token_type: str = "bearer"  # noqa: S105 - what OAuth calls it
    expires_in: int


class Me(BaseModel):
    """Who the caller is, as far as the station knows.

    Attributes:
        name: As the audit will say; empty: nobody knows.
        role: null: none, until it has logged in.
        how: How that is known: address, session, basic, token or key.
        permissions: What it may do.
        login_needed: Whether it must log in to see anything.
        login_possible: Whether there is a login at all (server.auth.enabled).
        without_login: What whoever shows nothing is at this address; null: nobody.
        locked: Whether the screen is locked: until somebody logs in, only reading and STOP are served.
    """

    name: str
    role: Role | None
    how: str
    permissions: list[Permission]
    login_needed: bool
    login_possible: bool
    without_login: Role | None
    locked: bool


class OwnPassword(BaseModel):
    """Another password for oneself."""

    current: SecretStr = Field(min_length=1, max_length=1024)
    new: SecretStr = Field(min_length=1, max_length=1024)


class NewPassword(BaseModel):
    """Another password for somebody."""

    password: SecretStr = Field(min_length=1, max_length=1024)


class NewUser(NewPassword):
    """Somebody who is to be let in."""

    name: str = Field(min_length=1, max_length=64, examples=["kim"])
    role: Role


class UserChange(BaseModel):
    """What is to be another one; null: as it is.

    Attributes:
        active: Whether the user may log in. Either way it is logged out everywhere.
    """

    role: Role | None = None
    active: bool | None = None


class NewBadge(BaseModel):
    """A badge for somebody, as it is scanned: `BADGE-` and 12 to 64 letters, digits or hyphens."""

    badge: SecretStr = Field(min_length=1, max_length=256)


class NewKey(BaseModel):
    """A machine that is to be let in."""

    name: str = Field(min_length=1, max_length=64, examples=["scanner"])
    role: Role


class MadeKey(ApiKey):
    """A key that was just made.

    Attributes:
        key: What the machine shows; nobody can be told it a second time.
    """

    key: str
