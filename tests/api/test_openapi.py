"""The description of the API that the screen's client is made of is that of this API."""

import json
from pathlib import Path

from api.openapi import description

FILE = Path(__file__).parents[2] / "ui" / "src" / "client" / "openapi.json"


def test_the_description_is_current() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == description(), "run `make client`"
