"""What no schema thinks of: half characters, NUL, numbers no database holds, bodies without a bottom."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.served import Served

TEXTS = [
    r'"\ud800"',
    r'"a\u0000b"',
    r'"\udfff\ud800"',
    r'"\uffff"',
    '"' + "é" * 999 + '"',
    r'"\u202e"',
    '"\' OR 1=1 --"',
]
NUMBERS = [str(2**31), str(2**63), str(-(2**63) - 1), str(2**64), "1" + "0" * 400, "1e308", "1e999", "-0.0", "NaN"]
ODD = [*TEXTS, *NUMBERS, "[]", "{}", "null", "true", "[" * 900 + "]" * 900, r'{"\ud800": "\u0000"}']
WHOLE = ["[" * 100_000, "{" * 3, r'"\ud800"', "", "\0", "[" * 5000 + "]" * 5000, '{"a": 1, "a": 2}', "NaN"]


@pytest.fixture(scope="module")
def schema(served: Served) -> dict[str, Any]:
    """What the API says of itself."""
    with served.client() as client:
        found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def bodies(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and properties of every route that takes JSON."""
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content:
                yield method.upper(), path, _properties(schema, content["schema"])


def _properties(schema: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in found or "anyOf" in found:
        found = found["anyOf"][0] if "anyOf" in found else schema["components"]["schemas"][found["$ref"].split("/")[-1]]
    properties: dict[str, Any] = found.get("properties", {})
    return {name: found.get("required", []) for name in properties}


def test_odd_values_are_refused_or_taken_and_never_a_fault_of_the_station(
    served: Served, api: httpx.Client, schema: dict[str, Any]
) -> None:
    routes = list(bodies(schema))
    faults = []
    for method, path, properties in routes:
        # Taking a slot in hand waits for its process, which nobody has started.
        target = path.replace("{batch_id}", "nowhere" if "manual" in path else "idle")
        # Each field gets a few of them, and each of them comes to some field of every route.
        sent = [(name, ODD[(5 * at + step) % len(ODD)]) for at, name in enumerate(properties) for step in range(5)]
        contents = [
            *WHOLE,
            *(
                "{"
                + ", ".join([f'"{other}": "x"' for other in properties[name] if other != name] + [f'"{name}": {odd}'])
                + "}"
                for name, odd in sent
            ),
        ]
        for content in contents:
            answer = api.request(method, target, content=content.encode(), headers={"Content-Type": "application/json"})
            if answer.status_code >= 500 and answer.status_code != 503:
                faults.append((method, target, content[:80], answer.status_code, answer.text[:200]))
            answer.json()

    assert len(routes) >= 8
    assert faults == []


def test_odd_text_in_a_path_or_a_header_is_no_fault_either(api: httpx.Client) -> None:
    odd = ["%00", "%ed%a0%80", "%ff", "a%00b", "%F0%9F%92%A9", str(2**64), "é" * 50, "%0d%0aX-Evil:%201"]

    answers = [api.get(f"/api/batches/{text}") for text in odd]
    answers += [api.get(f"/api/sequences/{text}/versions") for text in odd]
    headers = [b"\xff\xfe", b"x" * 5000, "키".encode(), b""]
    answers += [
        api.post("/api/batches/idle/sequence/start", json={}, headers=[(b"Idempotency-Key", value)])
        for value in headers
    ]

    assert {answer.status_code for answer in answers} <= {404, 422}
    assert all("x-evil" not in answer.headers for answer in answers)
