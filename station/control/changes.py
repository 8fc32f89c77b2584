"""What differs between two configurations, setting by setting, and when it takes effect."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, JsonValue, SecretStr

from station.config.instruments import SHARED
from station.config.masking import holds_credentials, is_secret
from station.config.model import BatchConfig, StationConfig
from station.config.problems import dotted
from station.config.tree import Path, spot_at

Effect = Literal["never", "batch", "next_runs", "restart"]
"""When a setting takes effect: never: it is accepted without effect; batch: when the batch's process is started again;
next_runs: when the station is started again, for runs that begin from then on; restart: when the station is started
again. There is none that takes effect at once: processes read their configuration when they start."""

HIDDEN = "***"
"""In the place of a secret."""

_BATCHES = "batches"
_HARDWARE = "hardware"
_NEVER = frozenset({("backend", "sync_interval"), ("backend", "max_retries"), ("recovery", "checkpoint_interval")})
_PINNED = frozenset(
    {
        ("error_handling",),
        ("execution", "heartbeat_timeout"),
        ("execution", "grace_period"),
        ("backend", "online_wait"),
        ("backend", "on_error"),
        ("backend", "on_abort"),
        ("backend", "auto_convert"),
        ("backend", "wip_pattern"),
    }
)
"""Settings that a run takes with it when it begins."""
_PINNED_OF_BATCH = frozenset({"sequence_package", "parameters", "process", "timeout_sequence", "timeout_step"})


class SettingChange(BaseModel):
    """One setting that is another one.

    Attributes:
        path: As in messages, with a batch's id for its place: `batches.batch_1.parameters.voltage`.
        before: What runs; null where there is none. Secrets are not shown.
        after: What was written.
        effect: When it takes effect.
        description: What the setting is, from the reference; empty for what a package declares.
    """

    path: str
    before: JsonValue
    after: JsonValue
    effect: Effect
    description: str = ""


def changes(before: StationConfig, after: StationConfig) -> list[SettingChange]:
    """List the settings that differ, in the order of the file."""
    old, new = dict(_settings(before, ())), dict(_settings(after, ()))
    found = []
    for path in [*new, *(path for path in old if path not in new)]:
        if old.get(path) == new.get(path) and (path in old) == (path in new):
            continue
        found.append(
            SettingChange(
                path=dotted(path),
                before=_shown(path, old.get(path)),
                after=_shown(path, new.get(path)),
                effect=_effect(path),
                description=_description(path),
            )
        )
    return found


def _settings(value: object, path: Path) -> Iterator[tuple[Path, JsonValue]]:
    """Give every setting with its value as it is written in YAML; secrets as they are, to be compared."""
    match value:
        case BaseModel():
            for name in type(value).model_fields:
                yield from _settings(getattr(value, name), (*path, name))
        case dict() if value:
            for name, inner in value.items():
                yield from _settings(inner, (*path, name))
        case list() if path == (_BATCHES,):
            for batch in value:
                yield from _settings(batch, (*path, batch.id)) if isinstance(batch, BatchConfig) else ()
        case list():
            yield path, [_plain(item) for item in value]
        case _:
            yield path, _plain(value)


def _plain(value: object) -> JsonValue:
    match value:
        case SecretStr():
            return value.get_secret_value()
        case timedelta():
            seconds = value.total_seconds()
            return int(seconds) if seconds.is_integer() else seconds
        case None | bool() | int() | float() | str() | list() | dict():
            return value
        case _:
            return str(value)


def _shown(path: Path, value: JsonValue) -> JsonValue:
    if value in (None, "", [], {}):
        return value
    hidden = is_secret(_place(path)) or (isinstance(value, str) and holds_credentials(value))
    return HIDDEN if hidden else value


def _effect(path: Path) -> Effect:
    if path in _NEVER:
        return "never"
    if path[0] != _BATCHES:
        return "next_runs" if any(path[: len(pinned)] == pinned for pinned in _PINNED) else "restart"
    if path[2:3] == (_HARDWARE,) and path[-1] != SHARED:
        return "batch"
    return "next_runs" if _PINNED_OF_BATCH.intersection(path[2:4]) else "restart"


def _description(path: Path) -> str:
    spot = spot_at(_place(path))
    return "" if spot is None else str(spot.schema.get("description", ""))


def _place(path: Path) -> Path:
    """The path in the tree of settings, which counts batches."""
    return (_BATCHES, 0, *path[2:]) if path[0] == _BATCHES and len(path) > 1 else path
