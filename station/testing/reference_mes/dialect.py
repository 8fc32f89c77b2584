"""What a profile says differently from the other one where no route is involved: errors, and being ill."""

from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from station.testing.reference_mes.auth import UnauthorizedError
from station.testing.reference_mes.rules import RefusedError


class Dialect(Protocol):
    """How a profile writes what is not a success."""

    closes_after_500: bool
    """Whether the connection is closed, unannounced, after a 500."""

    def refused(self, request: Request, error: RefusedError) -> Response:
        """A refusal of business."""

    def unauthorized(self, request: Request, error: UnauthorizedError) -> Response:
        """Whoever calls is not let in."""

    def invalid(self, request: Request, details: list[dict[str, Any]]) -> Response:
        """The request is not what the contract asks for."""

    def failed(self, request: Request, status: int, code: str, message: str) -> Response:
        """The server has failed."""

    def too_many(self, retry_after: float) -> Response:
        """The caller is too fast."""

    def health(self, *, degraded: bool) -> Response:
        """How the server is."""
