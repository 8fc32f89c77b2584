"""The example shows every setting, and the generated references are current."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from station.config.load import load_config
from station.config.model import StationConfig
from station.config.schema import config_schema, rendered, write_references
from station.config.tree import Path as Place
from station.config.tree import settings

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config" / "station.yaml"
FIXTURES = Path(__file__).parent / "fixtures"

EXAMPLES_OWN = {"station", "batches"}
"""Sections whose values are this station's and no defaults."""


def _name(place: Place) -> str:
    return ".".join(map(str, place))


def _present(data: object, place: Place) -> bool:
    for key in place:
        try:
            data = data[key]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def test_the_example_shows_every_setting() -> None:
    data = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))

    missing = [_name(place) for place, _ in settings() if not _present(data, place)]

    assert missing == []


def test_the_example_shows_defaults() -> None:
    config = load_config(EXAMPLE, {})

    bare = StationConfig(station=config.station)
    assert config.model_copy(update={"batches": []}) == bare
    assert (
        config.batches[0].resource_limits
        == StationConfig.model_validate({"station": config.station, "batches": [{"id": "a", "sequence_package": "a"}]})
        .batches[0]
        .resource_limits
    )


def test_the_example_has_the_three_slots_of_the_simulated_bench() -> None:
    config = load_config(EXAMPLE, {})

    assert {batch.id: (batch.sequence_package, batch.hardware) for batch in config.batches} == {
        "batch_1": (
            "sequences/pcb_test",
            {"dmm": {"port": "data/sim/slot_1/dmm", "baudrate": 9600}, "power": {"ip": "127.0.0.1", "port": 15025}},
        ),
        "batch_2": (
            "sequences/pcb_test",
            {"dmm": {"port": "data/sim/slot_2/dmm", "baudrate": 9600}, "power": {"ip": "127.0.0.1", "port": 15026}},
        ),
        "batch_3": (
            "sequences/aging_test",
            {"plc": {"endpoint": "opc.tcp://127.0.0.1:14843", "slot": "slot_3"}},
        ),
    }
    assert all(batch.auto_start for batch in config.batches)


def test_every_setting_says_what_it_means() -> None:
    silent = [_name(place) for place, spot in settings() if not spot.schema.get("description")]

    assert silent == []


@pytest.mark.parametrize("file", sorted(rendered()), ids=str)
def test_the_references_are_current(file: Path) -> None:
    written = (ROOT / file).read_text(encoding="utf-8")

    assert written == rendered()[file], f"{file} does not follow station/config: run `make schemas`"


def test_references_are_written_below_a_folder(tmp_path: Path) -> None:
    write_references(tmp_path)

    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.*")) == sorted(rendered())


@pytest.mark.parametrize(
    "file", [EXAMPLE, *sorted(FIXTURES.glob("source_document.yaml"))], ids=lambda file: file.name + file.parent.name
)
def test_the_schema_accepts_what_the_station_accepts(file: Path) -> None:
    schema = config_schema()

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(file.read_text(encoding="utf-8")), schema)


def test_the_schema_refuses_an_unknown_key() -> None:
    data = {"station": {"id": "a", "name": "a", "nmae": "b"}}

    with pytest.raises(jsonschema.ValidationError, match="'nmae' was unexpected"):
        jsonschema.validate(data, config_schema())


def test_units_are_said_for_every_duration() -> None:
    units = {_name(place): spot.unit for place, spot in settings() if spot.unit}

    assert units["execution.heartbeat_interval"] == "s"
    assert units["batches.0.resource_limits.max_memory_mb"] == "MB"
    assert units["temporal.retention_days"] == "days"
