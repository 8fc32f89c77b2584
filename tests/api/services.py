"""What an application needs whose station is down, put together as the API's process does it."""

from api.access.identity import Identity
from api.live.hub import Hub
from api.services import Engine, Services
from api.standing import Standings
from station.config.model import StationConfig
from station.control.layout import Layout
from station.control.settings import Settings
from station.storage.database import Database


def services_for(config: StationConfig, layout: Layout, database: Database) -> Services:
    """Put it together; the database may be closed, and need not be there for what only looks at the routes."""
    engine, hub = Engine(config), Hub(database)
    return Services(
        config=config,
        layout=layout,
        database=database,
        engine=engine,
        identity=Identity(config, database),
        hub=hub,
        standings=Standings(config, layout, database, engine, hub),
        settings=Settings(layout.base / "station.yaml", layout, {}),
    )
