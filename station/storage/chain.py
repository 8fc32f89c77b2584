"""The chain of the audit: each entry's hash holds what it says and the hash of the one before it.

How it is computed never changes: entries that were written years ago are verified by it.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

FIRST = "0" * 64
"""What the first entry takes for the hash of the one before it."""


def hash_of(before: str, row: Mapping[str, Any]) -> str:
    """Compute the hash of an entry.

    Args:
        before: The hash of the entry before it.
        row: The entry's columns, as the database gives them back.
    """
    time: datetime = row["time"]
    said = [
        before,
        row["id"],
        row["entry_id"],
        time.astimezone(UTC).isoformat(timespec="microseconds"),
        row["actor"],
        row["action"],
        row["target"],
        row["reason"],
        row["data"],
    ]
    text = json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
