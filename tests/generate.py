"""`make schemas`: writes every reference that is generated from the code; tests check that they are current."""

from pathlib import Path

from api import openapi
from station.config.schema import write_references
from tests.docs import generate

ROOT = Path(__file__).parents[1]


def main() -> None:
    write_references(ROOT)
    generate.write()
    openapi.write(ROOT / "ui/src/client/openapi.json")


if __name__ == "__main__":
    main()
