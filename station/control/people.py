"""Users and API keys, as the command line and the API change them: checked, hashed, and in the audit."""

import hashlib
import ipaddress
import re
import secrets
import unicodedata

from station.config.model import StationConfig
from station.control.badges import Badges, check_new_badge
from station.control.noting import deed
from station.control.passwords import Passwords
from station.domain.errors import AccessError
from station.domain.people import ApiKey, User
from station.domain.roles import Role
from station.storage.database import Database
from station.storage.keys import ApiKeys
from station.storage.users import USER_EXISTS, Users

NAME_NOT_ALLOWED = "NAME_NOT_ALLOWED"
KEY_PREFIX = "stk_"
"""Begins every key, so that tools which look for leaked secrets know one."""

_NAME = re.compile(r"\w[\w.@-]{0,63}")
_TAKEN = frozenset({"station", "nobody", "unknown"})
"""The audit uses these for others."""


def normal_name(name: str) -> str:
    """Write a user's name as the station keeps it: `Kim` is `kim`."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def key_hash(key: str) -> str:
    """Hash a key or a session's token; both are random, so that nobody can guess them from it."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class People:
    """Who may use the station.

    Args:
        config: The station's configuration.
        database: The open results database.
        passwords: Hashes them.
    """

    def __init__(self, config: StationConfig, database: Database, passwords: Passwords) -> None:
        self._own = normal_name(config.server.auth.basic.username)
        self._users = Users(database)
        self._keys = ApiKeys(database)
        self._passwords = passwords
        self.badges = Badges(self._users)

    async def users(self) -> list[User]:
        """Every user, by name."""
        return await self._users.list()

    async def add_user(self, name: str, password: str, role: Role, *, by: str) -> User:
        """Make a user; an AccessError passes through where there is one, or the password cannot be one.

        Raises:
            AccessError: If the name cannot be one, or is that of the account in station.yaml.
        """
        name = _checked(normal_name(name))
        if name == self._own:
            msg = f"{name} is the account of station.yaml (server.auth.basic); choose another name."
            raise AccessError(USER_EXISTS, msg, user=name)
        hashed = await self._passwords.hash(password)
        return await self._users.add(deed("user_add", name, by, role=role.value), role, hashed)

    async def set_password(self, name: str, password: str, *, by: str) -> User:
        """Give a user another password and end its sessions; an AccessError passes through."""
        name = normal_name(name)
        hashed = await self._passwords.hash(password)
        return await self._users.set_password(deed("user_password", name, by), hashed)

    async def set_role(self, name: str, role: Role, *, by: str) -> User:
        """Give a user another role; an AccessError passes through where there is no such user."""
        name = normal_name(name)
        return await self._users.set_role(deed("user_role", name, by, role=role.value), role)

    async def set_active(self, name: str, *, active: bool, by: str) -> User:
        """Let a user log in, or not any more; an AccessError passes through where there is no such user."""
        name = normal_name(name)
        action = "user_enable" if active else "user_disable"
        return await self._users.set_active(deed(action, name, by), active=active)

    async def set_badge(self, name: str, badge: str, *, by: str) -> User:
        """Give a user a badge instead of the one it may have; an AccessError passes through."""
        check_new_badge(badge)
        name = normal_name(name)
        return await self._users.set_badge(deed("user_badge", name, by), await self.badges.hash(badge))

    async def remove_badge(self, name: str, *, by: str) -> User:
        """Make a user's badge worth nothing; an AccessError passes through where there is no such user."""
        name = normal_name(name)
        return await self._users.set_badge(deed("user_badge_remove", name, by), None)

    async def keys(self) -> list[ApiKey]:
        """Every key, also those that were revoked."""
        return await self._keys.list()

    async def add_key(self, name: str, role: Role, *, by: str) -> tuple[ApiKey, str]:
        """Make a key and give it, which nobody can a second time; an AccessError passes through."""
        name = _checked(normal_name(name))
        key = KEY_PREFIX + secrets.token_urlsafe(32)
        return await self._keys.add(deed("key_add", name, by, role=role.value), role, key_hash(key)), key

    async def revoke_key(self, name: str, *, by: str) -> ApiKey:
        """Make a key worth nothing; an AccessError passes through where there is no such key."""
        name = normal_name(name)
        return await self._keys.revoke(deed("key_revoke", name, by))


def _checked(name: str) -> str:
    """Refuse a name that cannot be one.

    Raises:
        AccessError: If it is empty, too long, of other characters, or somebody else's in the audit.
    """
    if not _NAME.fullmatch(name) or name in _TAKEN or _is_address(name):
        msg = (
            f"{name[:80]!r} cannot be a name: 1 to 64 letters, digits, dots, hyphens, underscores or @, which is no "
            f"address and none of {', '.join(sorted(_TAKEN))}."
        )
        raise AccessError(NAME_NOT_ALLOWED, msg)
    return name


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
