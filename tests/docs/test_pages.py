"""What the pages say can be followed: links lead somewhere, commands exist, files are there."""

import re
from pathlib import Path

import pytest

from tests.docs.generate import commands
from tests.docs.pages import README, ROOT, anchors, code, links, name, pages, text

EVERY_PAGE = pytest.mark.parametrize("page", pages(), ids=name)
MAKE = re.compile(r"^make ([a-z-]+)")
STATION = re.compile(r"^(?:\.venv/bin/)?station ([a-z-]+)\b(.*)")
OPTION = re.compile(r"(?<!\S)--?[a-z][a-z-]*")
FILE = re.compile(r"^(?:tests|station|workflows|activities|worker|sequences|config|docs|api)/[\w./-]+$")
MODULE = re.compile(r"python -m (tests[\w.]*)")
FORBIDDEN = re.compile(r"/work/|/root/|/home/|/tmp/|shared/|index-url|\bissue #", re.IGNORECASE)
HOSTS = {"temporal.io", "keepachangelog.com", "semver.org", "127.0.0.1", "mes.local"}
"""The web addresses the pages name; whoever adds one adds it here."""


@EVERY_PAGE
def test_every_link_leads_somewhere(page: Path) -> None:
    dead = [
        f"{target.name}#{anchor}"
        for target, anchor in links(page)
        if not target.exists() or (anchor and anchor not in anchors(target))
    ]

    assert dead == []


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [README]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        waiting += [target for target, _ in links(page) if target.suffix == ".md" and target not in reached]

    assert sorted(map(name, set(pages()) - reached)) == []


@EVERY_PAGE
def test_every_make_target_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))

    named = {match[1] for line in code(page) if (match := MAKE.match(line))}

    assert named - targets == set()


@EVERY_PAGE
def test_every_station_command_and_option_exists(page: Path) -> None:
    known = commands().commands
    wrong = []
    for line in code(page):
        if not (match := STATION.match(line)):
            continue
        command = known.get(match[1])
        options = (
            {word for param in command.params for word in (*param.opts, *param.secondary_opts)} if command else set()
        )
        wrong += (
            [line]
            if command is None
            else [word for word in OPTION.findall(match[2]) if word not in options | {"--help"}]
        )

    assert wrong == []


@EVERY_PAGE
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = {word for word in code(page) if FILE.match(word)}
    modules = {match.replace(".", "/") for line in code(page) for match in MODULE.findall(line)}

    missing = [word for word in named if not (ROOT / word).exists()]
    missing += [
        word for word in modules if not ((ROOT / f"{word}.py").exists() or (ROOT / word / "__main__.py").exists())
    ]

    assert missing == []


@EVERY_PAGE
def test_the_project_speaks_of_itself_alone(page: Path) -> None:
    hosts = set(re.findall(r"https?://(\w[\w.-]*)", text(page)))

    assert FORBIDDEN.findall(text(page)) == []
    assert hosts - HOSTS == set()
