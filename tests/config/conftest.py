"""Loads configurations written in a test, so that messages name them `station.yaml`."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from station.config.load import load_config
from station.config.model import StationConfig
from station.domain.errors import ConfigError

FILE = Path("station.yaml")

HEAD = "station: {id: ST-001, name: Station 1}\n"
"""The least that a configuration needs; one line, so that what follows begins on line 2."""


class Loader:
    """Writes a file into the current folder and loads it."""

    def __call__(self, content: str | bytes, environ: Mapping[str, str] | None = None) -> StationConfig:
        FILE.write_bytes(content.encode() if isinstance(content, str) else content)
        return load_config(FILE, environ or {})

    def refusal(self, content: str | bytes, environ: Mapping[str, str] | None = None) -> str:
        """Give the message with which the file is refused."""
        with pytest.raises(ConfigError) as caught:
            self(content, environ)
        return caught.value.message


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loader:
    """Load from an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Loader()
