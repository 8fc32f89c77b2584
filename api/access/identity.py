"""Finds out who calls."""

from fastapi.requests import HTTPConnection

from api.access.caller import Caller
from api.access.roles import Role
from station.config.model import AuthSection


class Identity:
    """Knows callers by what they show.

    Args:
        settings: The section `server.auth`.
    """

    def __init__(self, settings: AuthSection) -> None:
        self._settings = settings
        self._networks = settings.networks()

    async def caller(self, connection: HTTPConnection) -> Caller:
        """Tell who calls; somebody without a role where that is not known."""
        address = connection.client.host if connection.client else ""
        if not self._settings.enabled:
            return Caller(name=address, role=Role.ADMIN, address=address)
        return Caller(name="nobody", role=None, address=address)
