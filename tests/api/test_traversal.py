"""E18: no path and no parameter of any route leads to a file that is not meant."""

import http.client
import importlib
import pkgutil
import socket
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

import api.routes
from tests.api.served import Served

CANARY = "CANARY-3f9c21ab77d0"
NAME = "canary.txt"


def payloads(served: Served) -> list[str]:
    """What is put in place of every parameter, as it goes over the wire."""
    absolute = (served.station.folder / NAME).as_posix()
    up = [f"{step * depth}{NAME}" for step in ("../", "..\\", "....//", "..;/") for depth in (1, 2, 4, 9)]
    plain = [
        *up,
        absolute,
        f"/{absolute}",
        f"//{absolute}",
        f"file://{absolute}",
        f"C:\\{NAME}",
        f"\\\\localhost\\{NAME}",
        "/etc/passwd",
        "//etc/passwd",
        "../" * 12 + "etc/passwd",
        f"../{NAME}\0",
        f"../{NAME}\0.json",
        f"~/{NAME}",
        ".",
        "..",
        "\0",
        "%",
        "x" * 5000,
        "../" * 1000 + NAME,
        "/proc/self/environ",
        "/proc/self/cwd/" + NAME,
    ]
    whole = [quote(text, safe="") for text in plain]
    return [
        *whole,
        *(quote(text, safe="/.\\") for text in plain[:24]),
        *(text.replace("%2F", "%252f").replace(".", "%2e") for text in whole[:18]),
        *(text.replace("..", "%c0%ae%c0%ae") for text in up[:4]),
        *(text.replace("/", "%c0%af") for text in up[:4]),
        *(text.replace("..", "%uff0e%uff0e") for text in up[:2]),
        "..%5c..%5c" + NAME,
        "%2e%2e%2f" + NAME,
        "%2e%2e/" + NAME,
        "%ff%fe",
        "%ed%a0%80",
        "%F0%9F%92%A9",
    ]


@pytest.fixture(scope="module")
def routes(served: Served) -> list[tuple[str, str, list[str]]]:
    """Method, path and query parameters of every route; a canary lies where they could find it."""
    station = served.station
    station.layout.packages.mkdir(exist_ok=True)
    for folder in (station.folder, station.layout.data, station.layout.packages, station.folder.parent):
        (folder / NAME).write_text(CANARY)
    return [*_declared(), ("GET", "/docs-assets/{path}", []), ("GET", "/docs/{path}", []), ("GET", "/{path}", [])]


def _declared() -> Iterator[tuple[str, str, list[str]]]:
    for found in pkgutil.iter_modules(api.routes.__path__, "api.routes."):
        for router in vars(importlib.import_module(found.name)).values():
            for route in router.routes if isinstance(router, APIRouter) else ():
                if isinstance(route, APIRoute):
                    queries = [parameter.alias for parameter in route.dependant.query_params]
                    for method in route.methods:
                        yield method, route.path, queries


def ask(host: str, port: int, requests: list[tuple[str, str]]) -> Iterator[tuple[int, bytes]]:
    """Send requests as they are: no library mends their paths."""
    connection = http.client.HTTPConnection(host, port, timeout=30)
    for method, target in requests:
        connection.putrequest(method, target, skip_accept_encoding=True)
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", "2")
        connection.endheaders(b"{}")
        answer = connection.getresponse()
        yield answer.status, answer.read()
        if answer.will_close:
            connection.close()
    connection.close()


def test_e18_no_parameter_of_any_route_leads_to_a_file(
    served: Served, routes: list[tuple[str, str, list[str]]]
) -> None:
    tried = payloads(served)
    at = urlsplit(served.url)
    sent = []
    for method, path, queries in routes:
        names = [part for part in path.split("/") if part.startswith("{")]
        for name in names:
            others = path
            for other in names:
                others = others.replace(other, "quick") if other != name else others
            # A command looks its batch or run up in the same way as what only looks.
            sent += [(method, others.replace(name, text), True) for text in tried[:: 1 if method == "GET" else 5]]
        filled = path
        for name in names:
            filled = filled.replace(name, "quick")
        sent += [(method, f"{filled}?{query}={text}", False) for query in queries for text in tried]

    answers = list(ask(at.hostname or "", at.port or 0, [(method, target) for method, target, _ in sent]))

    assert len(sent) > 1000
    for (method, target, in_path), (status, body) in zip(sent, answers, strict=True):
        assert CANARY.encode() not in body, (method, target)
        assert b"root:" not in body, (method, target)
        assert status < 500, (method, target, status, body[:300])
        if in_path:
            assert 400 <= status < 500, (method, target, status, body[:300])


def test_e18_a_request_line_that_is_no_path_is_refused(served: Served) -> None:
    at = urlsplit(served.url)
    for line in (
        b"GET /../../canary.txt",
        b"GET //etc/passwd",
        b"GET http://x/../canary.txt",
        b"GET /\x00",
        b"GET \\..\\x",
    ):
        with socket.create_connection((at.hostname, at.port), timeout=10) as connection:
            connection.sendall(line + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk

        assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), (line, answer[:200])
        assert CANARY.encode() not in answer
