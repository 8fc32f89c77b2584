"""Says in the API's own description what each route asks of its caller, and how a caller shows who it is here."""

import re
from collections.abc import Collection
from typing import Any

from fastapi import FastAPI

from api.access.roles import Permission, Role
from api.guard import doors_of
from api.routes.docs import ASSETS
from api.services import Services

_HEADERS: dict[str, dict[str, dict[str, str]]] = {
    "basic": {"password": {"type": "http", "scheme": "basic", "description": "A name and its password."}},
    "jwt": {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token of POST /api/auth/token.",
        }
    },
    "api_key": {
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "A key of `station key`."},
        "bearer_key": {"type": "http", "scheme": "bearer", "description": "The same key, as a bearer token."},
    },
}
"""What programs show, by server.auth.type."""


class DescribedApp(FastAPI):
    """An application whose description says who may call what; its services are in its state when it is asked.

    Each operation has `x-permission`, what it asks of its caller. Where callers must log in, it also has the ways of
    showing who one is, under `security`: none for what is public; and `{}`, besides the others, where callers from an
    address of the whitelist need not.
    """

    def openapi(self) -> dict[str, Any]:
        """Describe every documented route, and what it takes and gives."""
        description = super().openapi()
        ways = self._ways()
        if ways:
            description["components"]["securitySchemes"] = ways
        for route, asked in doors_of(self.routes, {ASSETS}):
            path = re.sub(r"{(\w+):\w+}", r"{\1}", str(route.path))
            for method in route.methods or ():
                operation = description["paths"].get(path, {}).get(method.lower())
                if operation is not None:
                    permission = max((need.permission for need in asked), key=list(Permission).index)
                    operation["x-permission"] = permission.value
                    if ways:
                        operation["security"] = self._security(permission, ways)
        return description

    def _ways(self) -> dict[str, dict[str, str]]:
        services: Services = self.state.services
        identity = services.identity
        if not identity.enabled:
            return {}
        session = {
            "type": "apiKey",
            "in": "cookie",
            "name": identity.browsers.cookie,
            "description": "A session of POST /api/auth/login. Where a header is shown too, the header counts.",
        }
        return {**_HEADERS[identity.kind], "session": session}

    def _security(self, permission: Permission, ways: Collection[str]) -> list[dict[str, list[str]]]:
        if permission is Permission.PUBLIC:
            return []
        auth = self.state.services.config.server.auth
        nobody = auth.whitelist and auth.whitelist_role != "none" and Role(auth.whitelist_role).may(permission)
        return [*({way: list[str]()} for way in ways), *([{}] if nobody else [])]
