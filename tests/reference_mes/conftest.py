"""A server per profile for each file, and a caller that speaks plain HTTP to it."""

import http.client
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from station.testing.reference_mes.server import ReferenceMes

KEY = {"Authorization": "Bearer reference-key"}
OPERATOR = {"username": "operator", "password": "operator", "station_id": "station_1"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        """The error code, in the words of either profile."""
        code: str | None = self.json.get("error") or self.json.get("error_code")
        return code


@dataclass
class Caller:
    """Calls a server with one connection per call."""

    mes: ReferenceMes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.mes.url.removeprefix("http://").partition(":")
        return host, int(port)

    def call(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        try:
            text = None if body is None else json.dumps(body)
            headers = {"Content-Type": "application/json"} | (self.headers if headers is None else headers)
            connection.request(method, path, text, headers)
            response = connection.getresponse()
            return Answer(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
        finally:
            connection.close()

    def post(self, path: str, body: object = None, headers: dict[str, str] | None = None) -> Answer:
        return self.call("POST", path, body, headers)

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self.call("GET", path, None, headers)

    def raw(self, path: str) -> socket.socket:
        """Send a scan, an answer to which nobody waits for yet."""
        line = socket.create_connection(self.address, timeout=10)
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        line.sendall(f"POST {path} HTTP/1.1\r\nHost: mes\r\nContent-Length: 0\r\n{head}\r\n".encode())
        return line

    def scan(self, wip: str) -> Answer:
        return self.post(f"/api/v1/wip-items/{wip}/scan")

    def key(self, wip: str) -> int:
        return int(self.scan(wip).json["id"])

    def status(self, wip: str) -> str:
        return str(self.mes.wip(wip)["status"])

    def start(self, wip: str, process: int, **fields: object) -> Answer:
        body = {"process_id": process, "operator_id": 5} | fields
        return self.post(f"/api/v1/wip-items/{self.key(wip)}/start-process", body)

    def complete(self, wip: str, process: int, result: str = "PASS", **fields: Any) -> Answer:
        path = f"/api/v1/wip-items/{self.key(wip)}/complete-process?process_id={process}&operator_id=5"
        return self.post(path, {"result": result} | fields)

    def convert(self, wip: str) -> Answer:
        return self.post(f"/api/v1/wip-items/{self.key(wip)}/convert-to-serial", {"operator_id": 5})


def login(mes: ReferenceMes) -> Caller:
    answer = Caller(mes).post("/api/v1/auth/login/json", OPERATOR)
    return Caller(mes, {"Authorization": f"Bearer {answer.json['access_token']}"})


@pytest.fixture(scope="module")
def documented_server() -> Iterator[ReferenceMes]:
    with ReferenceMes("documented") as mes:
        yield mes


@pytest.fixture(scope="module")
def neurohub_server() -> Iterator[ReferenceMes]:
    with ReferenceMes("neurohub", rate_limit=0) as mes:
        yield mes


@pytest.fixture
def documented(documented_server: ReferenceMes) -> Iterator[Caller]:
    yield Caller(documented_server, dict(KEY))
    documented_server.heal()
    documented_server.up()


@pytest.fixture
def neurohub(neurohub_server: ReferenceMes) -> Iterator[Caller]:
    yield login(neurohub_server)
    neurohub_server.heal()
    neurohub_server.up()


@pytest.fixture(params=["documented", "neurohub"])
def either(request: pytest.FixtureRequest) -> Caller:
    """Both profiles, one after the other."""
    caller: Caller = request.getfixturevalue(request.param)
    return caller
