"""The accounts that may log in: the one of station.yaml, and the users of the results database."""

import hashlib
from dataclasses import dataclass

from station.config.model import AuthSection
from station.control.people import normal_name
from station.domain.roles import Role
from station.storage.users import Login, Users


@dataclass(frozen=True)
class Account:
    """Somebody who may log in, as it stands now.

    Attributes:
        stamp: What was shown for the account is worth nothing once this is another one.
        own: Whether it is the account of station.yaml.
    """

    name: str
    role: Role
    password_hash: str
    stamp: str
    own: bool


class Accounts:
    """Finds accounts.

    Args:
        settings: The section `server.auth`.
        users: The users of the results database.
    """

    def __init__(self, settings: AuthSection, users: Users) -> None:
        self._users = users
        self._own: Account | None = None
        basic = settings.basic
        if settings.type != "api_key" and basic.username:
            hashed = basic.password_hash.get_secret_value()
            self._own = Account(
                name=normal_name(basic.username),
                role=Role(basic.role),
                password_hash=hashed,
                stamp=hashlib.sha256(hashed.encode()).hexdigest()[:16],
                own=True,
            )

    async def find(self, name: str) -> Account | None:
        """Give the account of this name that may log in now; a StorageError passes through."""
        name = normal_name(name)
        if self._own is not None and name == self._own.name:
            return self._own
        return _account(await self._users.find(name))

    async def of_badge(self, badge_hash: str) -> Account | None:
        """Give the account that this badge names and that may log in now; a StorageError passes through."""
        account = _account(await self._users.of_badge(badge_hash))
        # The account of station.yaml has no badge; a user of before that is called the same is not let in as it.
        return None if account is None or (self._own is not None and account.name == self._own.name) else account


def _account(login: Login | None) -> Account | None:
    if login is None or not login.user.active:
        return None
    return Account(login.user.name, login.user.role, login.password_hash, login.stamp, own=False)
