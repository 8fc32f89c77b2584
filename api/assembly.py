"""Puts together what the routes can reach, for the process and for the description of the API."""

import os
from pathlib import Path

from temporalio.runtime import Runtime

from api.access.identity import Identity
from api.live.hub import Hub
from api.services import Engine, Services
from api.standing import Standings
from station.config.model import StationConfig
from station.control.layout import Layout
from station.control.settings import Settings
from station.storage.database import Database


def assemble(
    config: StationConfig, config_file: Path, layout: Layout, database: Database, runtime: Runtime | None = None
) -> Services:
    """Make everything a route can reach; nothing is opened or followed yet.

    Args:
        config: The station's configuration.
        config_file: What it was read from.
        layout: Where it keeps its files.
        database: The results database; open by the time the application is served.
        runtime: The SDK's runtime of the process, where it is measured.
    """
    engine, hub = Engine(config, runtime), Hub(database)
    return Services(
        config=config,
        layout=layout,
        database=database,
        engine=engine,
        identity=Identity(config, database),
        hub=hub,
        standings=Standings(config, layout, database, engine, hub),
        settings=Settings(layout.base / config_file, layout, os.environ),
    )
