"""The references made of the model: the JSON schema of station.yaml, and the page of every setting."""

import copy
import json
from pathlib import Path
from typing import Any

from station.config.tree import Path as Place
from station.config.tree import Spot, raw_schema, settings

SCHEMA_FILE = Path("docs/reference/station.schema.json")
REFERENCE_FILE = Path("docs/reference/configuration.md")

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_INTRODUCTION = """\
# Configuration

<!-- Generated from station/config by `make schemas`; edit the descriptions there. -->

Everything that can be set in `station.yaml`, with what holds when it is not. The example,
`config/station.yaml`, shows every setting with its default. A wrong file stops the station at once
with exit code 78 and one line for each mistake, with its line number.

* A relative path counts from the folder in which the station is started.
* `${NAME}` inside text is replaced by the environment variable of that name; a variable that is not
  set is a mistake. `$${` stands for the characters `${`. What is replaced is text: `port: ${PORT}`
  is read as a number where a number belongs, but stays text among the settings of instruments.
* Every setting can be overridden by an environment variable: `STATION_`, then the keys in capitals
  with two underscores between levels, lists counted from 0. Text is taken as it stands, everything
  else is read as YAML: `STATION_SERVER__PORT=9000`, `STATION_BATCHES__0__AUTO_START=true`,
  `STATION_SERVER__AUTH__WHITELIST='[127.0.0.1, 10.0.0.0/8]'`.
* A variable with two underscores that names no setting is a mistake. Variables without two
  underscores are left alone, except for settings at the top, such as `STATION_DATA_DIR`.
* Words mean what YAML 1.2 says: `12:30`, `007` and `2026-01-31` are text. Anchors, aliases and merge
  keys (`<<`) work; tags do not. The file is UTF-8 and at most 1 MiB.
* Values marked *secret* never appear in logs or messages. Keep them in the environment:
  `api_key: "${MES_KEY}"`.

An editor that knows [station.schema.json](station.schema.json) checks the file while it is written.
"""


def config_schema() -> dict[str, Any]:
    """Give the JSON schema (draft 2020-12) of station.yaml.

    The schema knows numbers as numbers; `${NAME}` in the place of one is accepted by the station alone.
    """
    return {"$schema": _DIALECT, "title": "station.yaml", **copy.deepcopy(raw_schema())}


def render_reference() -> str:
    """Write the page that lists every setting, a table for each section."""
    tables: dict[Place, list[str]] = {}
    headings: dict[Place, list[str]] = {}
    for path, spot in settings():
        if spot.is_section:
            tables[path] = []
            headings[path] = _heading(path, spot)
        else:
            tables[path[:-1]].append(_row(path, spot))
    parts = [_INTRODUCTION]
    for path, rows in tables.items():
        if rows:
            table = ["| key | type | default | unit | meaning |", "|---|---|---|---|---|", *rows]
            parts.append("\n".join([*headings[path], "", *table, ""]))
    return "\n".join(parts)


def write_references(root: Path) -> None:
    """Write both references below the project's folder."""
    (root / SCHEMA_FILE).parent.mkdir(parents=True, exist_ok=True)
    for file, text in rendered().items():
        (root / file).write_text(text, encoding="utf-8", newline="\n")


def rendered() -> dict[Path, str]:
    """Give the text of both references, by file."""
    schema = json.dumps(config_schema(), indent=2, ensure_ascii=False) + "\n"
    return {SCHEMA_FILE: schema, REFERENCE_FILE: render_reference()}


def _heading(path: Place, spot: Spot) -> list[str]:
    title = f"`{_name(path)}`" if path else "At the top"
    return [f"## {title}", "", str(spot.schema.get("description", ""))]


def _name(path: Place) -> str:
    return "".join("[]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")


def _row(path: Place, spot: Spot) -> str:
    kind = f"secret, {spot.expected}" if spot.is_secret else spot.expected
    default = "required" if "default" not in spot.schema else f"`{_yaml(spot.schema['default'])}`"
    meaning = " ".join(str(spot.schema.get("description", "")).split())
    return "| " + " | ".join(_cell(text) for text in (f"`{path[-1]}`", kind, default, spot.unit, meaning)) + " |"


def _yaml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
