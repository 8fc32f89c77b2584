"""Passwords: hashed and checked with bcrypt, in threads of their own, so that nobody else waits for it."""

import asyncio
import hashlib
import hmac
import secrets
import unicodedata
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import bcrypt

from station.domain.errors import AccessError

COST = 12
"""Each step doubles the time of one check; 12 takes about a quarter of a second."""
SHORTEST = 8
"""Characters a new password has at least."""
LONGEST = 72
"""Bytes of a password; bcrypt reads no further."""
PASSWORD_NOT_ALLOWED = "PASSWORD_NOT_ALLOWED"  # noqa: S105 - a code

_REMEMBERED = 256
_THREADS = 2


class Passwords:
    """Hashes passwords and checks them.

    Args:
        cost: Of new hashes.
    """

    def __init__(self, cost: int = COST) -> None:
        self._cost = cost
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="passwords")
        # Whoever does not exist is checked against the hash of a password that nobody has: it takes as long.
        self._nobody = bcrypt.hashpw(secrets.token_bytes(16), bcrypt.gensalt(cost)).decode()
        self._secret = secrets.token_bytes(32)
        self._good: OrderedDict[bytes, None] = OrderedDict()

    async def hash(self, password: str) -> str:
        """Hash a new password; an AccessError passes through where it cannot be one."""
        check_new_password(password)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, hash_password, password, self._cost)

    async def check(self, password: str, password_hash: str | None) -> bool:
        """Tell whether a password is right; for a user who does not exist it takes as long to say no."""
        loop = asyncio.get_running_loop()
        right = await loop.run_in_executor(self._threads, _is_right, password, password_hash or self._nobody)
        if right and password_hash is not None:
            self._good[self._mark(password, password_hash)] = None
            while len(self._good) > _REMEMBERED:
                self._good.popitem(last=False)
            return True
        return False

    def remembers(self, password: str, password_hash: str | None) -> bool:
        """Whether this password was right before; whoever shows it with every request is not checked every time.

        What is remembered is worth nothing outside this process, and nothing when the user's password has changed.
        """
        return password_hash is not None and self._mark(password, password_hash) in self._good

    def _mark(self, password: str, password_hash: str) -> bytes:
        return hmac.digest(self._secret, password_hash.encode() + b"\0" + _bytes(password), hashlib.sha256)


def check_new_password(password: str) -> None:
    """Refuse what cannot be a password.

    Raises:
        AccessError: If it is too short, too long for bcrypt, or holds characters that nobody can type.
    """
    if len(_bytes(password)) > LONGEST:
        msg = f"A password has {LONGEST} bytes at most (a Korean syllable is three); choose a shorter one."
        raise AccessError(PASSWORD_NOT_ALLOWED, msg, longest=LONGEST)
    if len(password) < SHORTEST:
        msg = f"A password has {SHORTEST} characters at least; choose a longer one."
        raise AccessError(PASSWORD_NOT_ALLOWED, msg, shortest=SHORTEST)
    if not all(character.isprintable() for character in password):
        msg = "A password has printable characters only."
        raise AccessError(PASSWORD_NOT_ALLOWED, msg)


def hash_password(password: str, cost: int = COST) -> str:
    """Hash a new password, which takes its time; an AccessError passes through where it cannot be one."""
    check_new_password(password)
    return bcrypt.hashpw(_bytes(password), bcrypt.gensalt(cost)).decode()


def _is_right(password: str, password_hash: str) -> bool:
    given = _bytes(password)
    # What is too long takes as long as what is wrong.
    right = bcrypt.checkpw(given[:LONGEST].replace(b"\0", b"?"), password_hash.encode())
    return right and len(given) <= LONGEST and b"\0" not in given


def _bytes(password: str) -> bytes:
    # Keyboards differ in how they write the same syllable.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
