"""Every word of the domain is in the glossary."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import ROOT, text

DOMAIN = ROOT / "station" / "domain"
GLOSSARY = ROOT / "docs" / "glossary.md"


def _classes() -> Iterator[str]:
    for file in sorted(DOMAIN.glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        yield from (node.name for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))


def _table(page: Path) -> str:
    return "\n".join(line for line in text(page).splitlines() if line.startswith("|"))


def test_every_class_of_the_domain_is_in_the_glossary() -> None:
    table = _table(GLOSSARY)

    missing = [name for name in _classes() if f"`{name}`" not in table]

    assert missing == [], "docs/glossary.md does not have these words"
