"""Which call of the contract a request is, told by its path."""

import re
from enum import StrEnum


class CallKind(StrEnum):
    """The calls of both contracts."""

    HEALTH = "health"
    LOGIN = "login"
    REFRESH = "refresh"
    SCAN = "scan"
    TRACE = "trace"
    START = "start"
    COMPLETE = "complete"
    CONVERT = "convert"
    GENERATE = "generate"
    """generate-from-wip, the other way to a serial number."""
    SERIAL = "serial"
    PROCESSES = "processes"
    HEADER = "header"
    STATION = "station"
    OTHER = "other"


_PATHS = {
    re.compile(pattern): kind
    for pattern, kind in {
        r"(/api)?/health$": CallKind.HEALTH,
        r"/api/v1/auth/login": CallKind.LOGIN,
        r"/api/v1/auth/refresh$": CallKind.REFRESH,
        r"/api/v1/wip-items/[^/]+/scan$": CallKind.SCAN,
        r"/api/v1/wip-items/[^/]+/trace$": CallKind.TRACE,
        r"/api/v1/wip-items/[^/]+/start-process$": CallKind.START,
        r"/api/v1/wip-items/[^/]+/complete-process$": CallKind.COMPLETE,
        r"/api/v1/wip-items/[^/]+/convert-to-serial$": CallKind.CONVERT,
        r"/api/v1/serials/generate-from-wip$": CallKind.GENERATE,
        r"/api/v1/serials/": CallKind.SERIAL,
        r"/api/v1/processes": CallKind.PROCESSES,
        r"/api/v1/process-headers": CallKind.HEADER,
        r"/api/v1/stations": CallKind.STATION,
    }.items()
}


def kind_of(path: str) -> CallKind:
    """Say which call a path belongs to."""
    return next((kind for pattern, kind in _PATHS.items() if pattern.match(path)), CallKind.OTHER)
