"""Describes the API as OpenAPI, without a running station: `python -m api.openapi FILE`."""

import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from api.app import create_app
from api.assembly import assemble
from station.config.model import StationConfig
from station.control.layout import Layout
from station.storage.database import Database


def application() -> FastAPI:
    """Put the application of some station together; it is not to be served."""
    config = StationConfig.model_validate({"station": {"id": "ST-001", "name": "Station"}})
    layout = Layout.of(config, Path.cwd())
    return create_app(assemble(config, Path("station.yaml"), layout, Database(config.database_url(layout.base))))


def description() -> dict[str, Any]:
    """Describe every documented route and what it takes and gives."""
    return application().openapi()


def write(path: Path) -> None:
    """Write the description where the screen's client is generated from."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(description(), indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
