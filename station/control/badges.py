"""Badges: what one looks like, and how it is hashed so that whoever reads the hash cannot print the badge."""

import asyncio
import hashlib
import re
import unicodedata

from station.domain.errors import AccessError
from station.storage.users import Users

PREFIX = "BADGE-"
"""Begins every badge, so that a scanner's page knows one before it has read the rest."""
BADGE_NOT_ALLOWED = "BADGE_NOT_ALLOWED"

_FORM = re.compile(PREFIX + r"[A-Z0-9-]{12,64}")
_WORK = 2**15
"""Of scrypt: 32 MB and about a tenth of a second for one try."""
_MEMORY = 2**26


class Badges:
    """Hashes badges.

    A badge is all that is shown, so the hash must find its user: one salt for all of them, and slow.

    Args:
        users: Keep the salt.
    """

    def __init__(self, users: Users) -> None:
        self._users = users
        self._salt = b""

    async def hash(self, badge: str) -> str:
        """Hash a badge, whatever it looks like; what cannot be one takes as long."""
        self._salt = self._salt or await self._users.badge_salt()
        return await asyncio.to_thread(_hash, normal_badge(badge), self._salt)


def normal_badge(badge: str) -> str:
    """Write a badge as scanners read it: in capitals."""
    return unicodedata.normalize("NFKC", badge).strip().upper()


def check_new_badge(badge: str) -> None:
    """Refuse what cannot be a badge.

    Raises:
        AccessError: If it does not begin as a badge does, or is too short, too long, or of other characters.
    """
    if not _FORM.fullmatch(normal_badge(badge)):
        msg = f"A badge is {PREFIX} and 12 to 64 letters, digits or hyphens; choose ones that nobody guesses."
        raise AccessError(BADGE_NOT_ALLOWED, msg)


def _hash(badge: str, salt: bytes) -> str:
    given = badge.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(given, salt=salt, n=_WORK, r=8, p=1, maxmem=_MEMORY, dklen=32).hex()
