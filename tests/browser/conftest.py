"""A real station and a real browser before it, for the tests of the screen."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from tests.api.served import Served
from tests.browser import chromium as browsers
from tests.browser.line import line
from tests.browser.screen import Screen, screen
from tests.debian import COMPLETE

Open = Callable[..., Screen]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    if browsers.find() is None and not os.environ.get(COMPLETE):
        pytest.skip("there is no Chromium on this machine: apt-get install chromium")
    with browsers.browser() as running:
        yield running


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A station without MES and without login, on a simulated bench with a good unit and a bad one."""
    with line(tmp_path_factory.mktemp("line")) as running:
        yield running


@pytest.fixture
def api(served: Served) -> Iterator[httpx.Client]:
    """A client of that station's API."""
    with served.client() as client:
        yield client


@pytest.fixture
def allowed() -> list[str]:
    """Texts of what the browser may complain about; a test adds to it what it brings about."""
    return []


@pytest.fixture
def open_screen(chromium: Browser, served: Served, allowed: list[str]) -> Iterator[Open]:
    """Opens a screen of that station, in a browser of its own; none may complain about anything."""
    opened: list[Screen] = []
    with ExitStack() as stack:

        def open_one(path: str = "/op", **options: Any) -> Screen:
            one = stack.enter_context(screen(chromium, served.url, **options))
            opened.append(one)
            return one.go(path)

        yield open_one
        assert [complaint for one in opened for complaint in one.complain(*allowed)] == []
