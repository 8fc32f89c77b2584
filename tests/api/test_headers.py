"""What every answer says to a browser, and that the pages of the API work under it."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from fastapi import APIRouter

from api.access.roles import Permission
from api.guard import needs
from tests.api.inside import FAR, LOCAL, Inside, inside

SAID = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def policy(text: str) -> dict[str, list[str]]:
    return {name: values for name, *values in (part.split() for part in text.split(";"))}


async def broken(found: Inside) -> None:
    """Add a route at which our own software fails."""
    router = APIRouter()

    @router.get("/api/system/broken", dependencies=[needs(Permission.WATCH)])
    async def fails() -> None:
        raise RuntimeError("a defect")

    found.app.include_router(router)


@pytest.mark.parametrize(
    ("address", "method", "path", "headers", "status"),
    [
        (LOCAL, "GET", "/api/system/info", {}, 200),
        (LOCAL, "GET", "/docs-assets/swagger-ui.css", {}, 200),
        (FAR, "GET", "/api/system/info", {}, 401),
        (LOCAL, "GET", "/api/audit", {}, 403),
        (LOCAL, "GET", "/nowhere", {}, 404),
        (LOCAL, "DELETE", "/api/system/info", {}, 405),
        (LOCAL, "POST", "/api/auth/login", {}, 422),
        (LOCAL, "POST", "/api/auth/login", {"Content-Length": "9999999"}, 413),
        (LOCAL, "POST", "/api/auth/logout", {"Origin": "http://elsewhere.example"}, 403),
        (LOCAL, "GET", "/api/system/info", {"Host": "elsewhere.example"}, 421),
        (LOCAL, "GET", "/api/system/broken", {}, 500),
    ],
)
async def test_e33_every_answer_says_what_a_browser_may_do_with_it(
    tmp_path: Path, address: str, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    async with inside(tmp_path) as found, found.client(address) as client:
        await broken(found)
        answer = await client.request(method, path, headers=headers)

    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in SAID} == SAID
    said = policy(answer.headers["content-security-policy"])
    assert said["default-src"] == ["'self'"]
    assert (said["frame-ancestors"], said["base-uri"], said["object-src"]) == (["'none'"], ["'none'"], ["'none'"])
    assert "server" not in answer.headers


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
async def test_s3_33_the_pages_of_the_api_run_their_own_scripts_and_no_others(tmp_path: Path, page: str) -> None:
    async with inside(tmp_path) as found, found.client(LOCAL) as client:
        answer = await client.get(page)
        loaded = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
        fetched = [(await client.get(each)).status_code for each in loaded]
        async with found.client(FAR) as stranger:
            refused = [(await stranger.get(each)).status_code for each in (page, "/openapi.json", loaded[0])]

    inline = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in SCRIPT.findall(answer.text)]
    said = policy(answer.headers["content-security-policy"])
    assert said["script-src"] == ["'self'", *(f"'sha256-{each}'" for each in inline)]
    assert len(inline) == {"/docs": 1, "/redoc": 0}[page]
    assert not re.search(r"\son\w+=", answer.text), "a handler within a tag, which the policy stops"
    assert all(each.startswith("/docs-assets/") for each in loaded)
    assert set(fetched) == {200}
    assert refused == [401, 401, 200]
