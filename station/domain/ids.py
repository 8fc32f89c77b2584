"""Identities that sort by the time they were given."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U


def new_id(now: datetime, entropy: bytes) -> str:
    """Make an identity of 26 characters (ULID): 48 bits of milliseconds, then 80 random bits.

    Args:
        now: An aware time; identities of later milliseconds sort later as text.
        entropy: At least ten random bytes.

    Raises:
        ValueError: If `now` is naive or `entropy` is shorter than ten bytes.
    """
    if now.tzinfo is None:
        msg = "now must be an aware time"
        raise ValueError(msg)
    if len(entropy) < 10:
        msg = "entropy must be at least ten bytes"
        raise ValueError(msg)
    number = (now - _EPOCH) // timedelta(milliseconds=1) << 80 | int.from_bytes(entropy[:10], "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def time_of(id: str) -> datetime:
    """Tell when an identity was made, to the millisecond.

    Args:
        id: One that `new_id` made.
    """
    number = 0
    for letter in id:
        number = number << 5 | _ALPHABET.index(letter)
    return _EPOCH + timedelta(milliseconds=number >> 80)
