"""Times as the MES keeps them: ISO 8601 texts, those with an offset in UTC, to the microsecond as they were sent."""

from datetime import UTC, datetime


def to_text(moment: datetime) -> str:
    """Write a time down; one without an offset is kept without."""
    return (moment if moment.tzinfo is None else moment.astimezone(UTC)).isoformat()


def from_text(text: str) -> datetime:
    """Read a time that was written down."""
    return datetime.fromisoformat(text)


def with_z(text: str | None) -> str | None:
    """The text as documents write it: Z where it is UTC."""
    return text.removesuffix("+00:00") + "Z" if text is not None and text.endswith("+00:00") else text
