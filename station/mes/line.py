"""The line to the MES that every call takes, logins too: at its turn, whole, and understood."""

from collections.abc import Mapping

from pydantic import JsonValue

from station.domain.errors import MesRateLimitedError
from station.mes.answers import Reply, understand
from station.mes.http import Http
from station.mes.limiter import Limiter


class Line:
    """One server behind the station's one limiter."""

    def __init__(self, http: Http, limiter: Limiter) -> None:
        self.http = http
        self.limiter = limiter

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: JsonValue = None,
        headers: Mapping[str, str] | None = None,
        changes: bool = False,
    ) -> Reply:
        """Make one call when it is its turn.

        Raises:
            MesError: If its turn is too far off, or there is no whole answer.
        """  # noqa: DOC502 - the limiter and the connection raise it
        await self.limiter.wait()
        return await self.http.send(method, path, query=query, body=body, headers=headers, changes=changes)

    def understand(self, reply: Reply) -> JsonValue:
        """Give the JSON of a good answer; after a 429 nobody calls until the MES wants to be called.

        Raises:
            MesError: If the answer is anything else.
        """  # noqa: DOC501, DOC502 - a subclass is raised
        try:
            return understand(reply)
        except MesRateLimitedError as error:
            self.limiter.hold(error.retry_after)
            raise

    async def ask(self, path: str, body: dict[str, JsonValue]) -> JsonValue:
        """POST without credentials, as a login is.

        Raises:
            MesError: If there is no good answer.
        """  # noqa: DOC502 - a subclass is raised
        return self.understand(await self.send("POST", path, body=body))
