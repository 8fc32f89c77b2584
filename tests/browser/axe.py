"""Asks axe what is wrong with a page for people who see, hear or move otherwise."""

from functools import cache
from typing import Any

from tests.browser.screen import Screen
from tests.support import ROOT

SOURCE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"


@cache
def _source() -> str:
    return SOURCE.read_text(encoding="utf-8")


def violations(screen: Screen) -> list[str]:
    """Everything axe finds, one line each; nothing is left out."""
    screen.page.evaluate(_source())
    found: list[dict[str, Any]] = screen.page.evaluate("async () => (await axe.run(document)).violations")
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {node['html'][:160]} | {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]
