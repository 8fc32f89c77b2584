"""The MES as the rest of the station calls it: scan, trace, start, complete, convert, whichever profile it speaks."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar
from urllib.parse import quote

from pydantic import JsonValue

from station.config.model import BackendSection
from station.domain.clock import Clock, SystemClock
from station.domain.errors import (
    MesError,
    MesRefusedError,
    MesUnauthorizedError,
    MesUnavailableError,
    Outage,
)
from station.mes.alerts import WebhookAlerts
from station.mes.breaker import BreakerListener, CircuitBreaker
from station.mes.credentials import Credentials, StaticKey, UserLogin
from station.mes.http import Http
from station.mes.limiter import Limiter
from station.mes.line import Line
from station.mes.messages import (
    CompleteRequest,
    Completion,
    ConvertRequest,
    Serial,
    StartRequest,
    Trace,
    WipItem,
    WipStatus,
)

T = TypeVar("T")

_log = logging.getLogger(__name__)

_WIPS = "/api/v1/wip-items"
_SERIALS = "/api/v1/serials"
_DOCUMENTED_HEALTH = "/api/health"
_REAL_HEALTH = "/health"
_REAL_RATE = 90
"""Calls per minute: the real MES refuses the 101st, and others may share the address."""
_WELL = frozenset({"healthy", "ok", "up", "alive", "pass"})
_RENEWALS = 2
"""How often a refused token is replaced within one call: once by a refresh, once by a login."""


class MesClient:
    """One MES. Every method raises `MesError` and nothing else; none of them repeats what changes something.

    Args:
        settings: The `backend` section.
        line: How calls travel, and when they may.
        credentials: Who makes them.
        breaker: Whether they may.
        alerts: Closed with the client.
    """

    def __init__(
        self,
        settings: BackendSection,
        line: Line,
        credentials: Credentials,
        breaker: CircuitBreaker,
        alerts: WebhookAlerts | None = None,
    ) -> None:
        self._settings = settings
        self._line = line
        self._credentials = credentials
        self._alerts = alerts
        self.breaker = breaker

    @property
    def is_real(self) -> bool:
        """Whether the MES behaves as the real NeuroHub, which can be asked for a trace."""
        return self._settings.profile == "neurohub"

    async def health(self) -> bool:
        """Tell whether the MES is alive and well; asked whatever the breaker and the limiter say."""
        path = self._settings.health_path
        if self.is_real and path == _DOCUMENTED_HEALTH:
            path = _REAL_HEALTH
        try:
            reply = await self._line.http.send("GET", path)
            if not self.is_real:
                return reply.status == 200
            body = self._line.understand(reply)
        except MesError as error:
            _log.debug("the MES is not well: %s", error)
            return False
        return isinstance(body, dict) and str(body.get("status", "")).lower() in _WELL

    async def scan(self, wip: str, process: int | None = None) -> WipItem:
        """Look a WIP up by the text on its label.

        Args:
            wip: Upper and lower case matter.
            process: Ask whether this process has passed, and may be started.

        Raises:
            MesError: If it is not known, may not be started, or the MES gives no answer.
        """  # noqa: DOC502 - what the call raises
        query = {} if process is None else {"process_id": str(process)}
        return await self._call(WipItem.read, "POST", f"{_WIPS}/{quote(wip, safe='')}/scan", query=query)

    async def trace(self, wip: str) -> Trace | None:
        """Give every completion and open start of a WIP; None where the profile has no such call.

        Raises:
            MesError: If the WIP is not known, or the MES gives no answer.
        """  # noqa: DOC502 - what the call raises
        if not self.is_real:
            return None
        return await self._call(Trace.model_validate, "GET", f"{_WIPS}/{quote(wip, safe='')}/trace")

    async def start(self, wip: WipItem | int, request: StartRequest, *, run_id: str = "") -> WipItem:
        """Tell that a process begins.

        Args:
            wip: The WIP as scanned, or its number.
            request: What is told.
            run_id: The run it belongs to; makes the idempotency key.

        Raises:
            MesError: If the MES refuses or gives no answer.
        """  # noqa: DOC502 - what the call raises
        equipment = self._settings.equipment_id
        if request.equipment_id is None and equipment.isascii() and equipment.isdigit():
            request = request.model_copy(update={"equipment_id": int(equipment)})
        path = f"{_WIPS}/{_number(wip)}/start-process"
        return await self._change(WipItem.read, path, request.body(), key=_key(run_id, "start"))

    async def complete(self, wip: WipItem | int, request: CompleteRequest, *, run_id: str = "") -> Completion:
        """Tell that a process ended.

        Args:
            wip: The WIP as scanned, or its number.
            request: What is told.
            run_id: The run it belongs to; makes the idempotency key.

        Raises:
            MesError: If the MES refuses or gives no answer.
        """  # noqa: DOC502 - what the call raises
        path = f"{_WIPS}/{_number(wip)}/complete-process"
        key = _key(run_id, "complete")
        return await self._change(Completion.read, path, request.body(), query=request.query(), key=key)

    async def convert(self, wip: WipItem, request: ConvertRequest, *, run_id: str = "") -> Serial:
        """Have a WIP converted to its serial number.

        The real MES answers 500 to every conversion in a released version. There the serial number is generated by
        another call, which checks nothing, so the WIP is scanned before it.

        Args:
            wip: The WIP as scanned.
            request: What is told.
            run_id: The run it belongs to; makes the idempotency key.

        Raises:
            MesError: If the MES refuses or gives no answer.
        """  # noqa: DOC501, DOC502 - a subclass is raised
        key = _key(run_id, "convert")
        try:
            return await self._change(Serial.read, f"{_WIPS}/{wip.id}/convert-to-serial", request.body(), key=key)
        except MesUnavailableError as error:
            if not (self.is_real and error.status == 500 and wip.wip_id):
                raise
            now = await self.scan(wip.wip_id)
            if now.is_converted:  # it was carried out before it failed
                return await self.serial_of(now)
            if now.status != WipStatus.COMPLETED:
                raise error
        query = {"wip_id": wip.wip_id, "print_label": "false"}
        return await self._change(Serial.read, f"{_SERIALS}/generate-from-wip", None, query=query, key=key)

    async def serial_of(self, wip: WipItem) -> Serial:
        """Give the serial number of a converted WIP; its number is empty where the MES does not tell it.

        Raises:
            MesError: If the MES gives no answer.
        """  # noqa: DOC502 - what the call raises
        unknown = Serial.model_validate({"serial_number": "", "id": wip.serial_id}).model_copy(update={"wip": wip})
        if wip.serial_id is None or not self.is_real:
            return unknown
        try:
            found = await self._call(Serial.read, "GET", f"{_SERIALS}/{wip.serial_id}")
        except (MesRefusedError, MesUnauthorizedError):
            return unknown
        return found.model_copy(update={"wip": wip})

    async def close(self) -> None:
        """Close every connection."""
        await self._line.http.close()
        if self._alerts is not None:
            await self._alerts.close()

    async def _change(
        self,
        read: Callable[[object], T],
        path: str,
        body: JsonValue,
        *,
        query: dict[str, str] | None = None,
        key: str,
    ) -> T:
        headers = {"Idempotency-Key": key} if key else {}
        return await self._call(read, "POST", path, query=query, body=body, headers=headers, changes=True)

    async def _call(
        self,
        read: Callable[[object], T],
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: JsonValue = None,
        headers: dict[str, str] | None = None,
        changes: bool = False,
    ) -> T:
        """Make one call: past the breaker, at its turn, with a pass that is renewed where it is refused."""
        with self.breaker.call():
            shown = await self._credentials.current()
            for renewals_left in range(_RENEWALS, -1, -1):
                all_headers = {**(headers or {}), **shown.headers}
                reply = await self._line.send(
                    method, path, query=query, body=body, headers=all_headers, changes=changes
                )
                if reply.status != 401 or not renewals_left:
                    break
                renewed = await self._credentials.renewed(shown, again=renewals_left < _RENEWALS)
                if renewed is None:
                    break
                shown = renewed
            return _read(read, self._line.understand(reply))


def make_client(
    settings: BackendSection,
    *,
    station_id: str = "",
    clock: Clock | None = None,
    listeners: tuple[BreakerListener, ...] = (),
    patience: timedelta = timedelta(seconds=5),
) -> MesClient:
    """Build the client of the configured MES.

    Args:
        settings: The `backend` section; its `url` must not be empty.
        station_id: `station.id`, for settings whose own `station_id` is empty.
        clock: Where the time comes from; the machine's own where nothing is given.
        listeners: Told when the circuit breaker opens and closes.
        patience: How long a call waits for its turn at the rate limiter before it says how long it would be.
    """
    clock = clock or SystemClock()
    identity = settings.station_id or station_id
    http = Http(settings.url, settings.timeout, {"X-Station-ID": identity, "X-Equipment-ID": settings.equipment_id})
    limiter = Limiter(
        settings.rate_limit or (_REAL_RATE if settings.profile == "neurohub" else None), clock, patience=patience
    )
    alerts = WebhookAlerts(settings.webhook_url, identity) if settings.webhook_url else None
    breaker = CircuitBreaker(
        threshold=settings.breaker.threshold, recovery=settings.breaker.recovery, clock=clock, listeners=listeners
    )
    line = Line(http, limiter)
    if alerts is not None:
        breaker.listen(alerts)
    return MesClient(settings, line, _credentials(settings, identity, line, clock), breaker, alerts)


def _credentials(settings: BackendSection, identity: str, line: Line, clock: Clock) -> Credentials:
    if settings.auth == "jwt":
        return UserLogin(
            settings.username,
            settings.password.get_secret_value(),
            path=settings.login_path,
            station_id=identity,
            ask=line.ask,
            clock=clock,
        )
    return StaticKey(settings.api_key.get_secret_value(), bearer=settings.auth == "bearer")


def _number(wip: WipItem | int) -> int:
    return wip if isinstance(wip, int) else wip.id


def _key(run_id: str, operation: str) -> str:
    return f"{run_id}/{operation}" if run_id else ""


def _read(read: Callable[[object], T], data: JsonValue) -> T:
    try:
        return read(data)
    except (ValueError, RecursionError) as error:
        raise MesUnavailableError(
            f"the MES answered something else than was asked: {str(data)[:200]}", outage=Outage.GARBLED, status=200
        ) from error
