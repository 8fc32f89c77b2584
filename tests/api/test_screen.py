"""The station's screen is served: one page under its addresses, files that never change, nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api import errors, screen
from api.access.caller import Caller
from api.routes.screen_info import temporal_ui
from station.config.sections import TemporalSection


class _Nobody:
    async def caller(self, _connection: object) -> Caller:
        return Caller(name="nobody", role=None, address="127.0.0.1")


class _Services:
    identity = _Nobody()


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """What a build leaves."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>the page</title>", encoding="utf-8")
    (folder / "favicon.svg").write_text("<svg/>", encoding="utf-8")
    (folder / "assets" / "main-AbC123.js").write_text("export {}", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    return folder


@pytest.fixture
async def browser(built: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the screen alone, which nobody had to log in for."""
    app = FastAPI()
    errors.install(app)
    app.include_router(screen.router)
    app.state.services = _Services()
    app.dependency_overrides[screen._folder] = lambda: built
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/op", "/op/help", "/eng", "/eng/results/1", "/ui", "/ui/", "/login"])
async def test_every_address_of_the_screen_gives_its_page_anew(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)

    assert answer.status_code == httpx.codes.OK
    assert "the page" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_file_is_kept_for_ever_by_whoever_got_it(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/assets/main-AbC123.js")

    assert answer.status_code == httpx.codes.OK
    assert "javascript" in answer.headers["Content-Type"]
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/other.js",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%2e%2e",
        "/assets/..%5csecret.txt",
        "/assets/a%00b",
        "/assets/",
    ],
)
async def test_nothing_else_is_served(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)

    assert answer.status_code == httpx.codes.NOT_FOUND
    assert answer.json()["error"] == "NOT_FOUND"


async def test_links_are_not_followed(browser: httpx.AsyncClient, built: Path) -> None:
    (built / "assets" / "link.txt").symlink_to(built.parent / "secret.txt")

    assert (await browser.get("/assets/link.txt")).status_code == httpx.codes.NOT_FOUND


async def test_a_linked_folder_is_not_followed(browser: httpx.AsyncClient, built: Path) -> None:
    (built / "assets").rename(built.parent / "elsewhere")
    (built / "assets").symlink_to(built.parent / "elsewhere")

    assert (await browser.get("/assets/main-AbC123.js")).status_code == httpx.codes.NOT_FOUND


async def test_without_a_build_the_page_says_what_to_do(browser: httpx.AsyncClient, built: Path) -> None:
    (built / "index.html").unlink()

    answer = await browser.get("/op")

    assert answer.status_code == httpx.codes.OK
    assert "make ui" in answer.text
    assert (await browser.get("/favicon.svg")).status_code == httpx.codes.OK


@pytest.mark.station
def test_the_api_goes_before_the_screen_and_scripts_come_from_the_station_alone(api: httpx.Client) -> None:
    unknown = api.get("/api/nothing")
    page = api.get("/op")

    assert unknown.status_code == httpx.codes.NOT_FOUND
    assert unknown.json()["error"] == "NOT_FOUND"
    assert page.headers["Content-Type"].startswith("text/html")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src" not in policy, "default-src speaks for scripts: none within the page"


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"ui_port": 9000}, "http://127.0.0.1:9000/namespaces/default"),
        ({"address": "10.0.0.5:7233"}, None),
        ({"profile": "cloud"}, None),
        ({"address": "10.0.0.5:7233", "namespace": "line", "ui_url": "https://t/"}, "https://t/namespaces/line"),
    ],
)
def test_the_screen_leads_to_a_web_ui_where_there_is_one(settings: dict[str, Any], shown: str | None) -> None:
    assert temporal_ui(TemporalSection(**settings)) == shown
