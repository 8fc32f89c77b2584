"""One instrument in two batches: declared as shared, or refused with the lines of both."""

import pytest
from pydantic import ValidationError

from station.config.instruments import address_of
from station.config.model import StationConfig
from tests.config.conftest import HEAD, Loader


def batches(first: str, second: str) -> str:
    return (
        f"{HEAD}batches:\n"
        f"  - id: batch_1\n    sequence_package: a\n    hardware:\n      dmm: {first}\n"
        f"  - id: batch_2\n    sequence_package: a\n    hardware:\n      meter: {second}\n"
    )


def test_a_shared_instrument_has_one_name_in_every_batch(load: Loader) -> None:
    config = load(batches("{port: /dev/dmm, shared: dmm_1}", "{port: /dev/dmm, baudrate: 9600, shared: dmm_1}"))

    assert config.batch("batch_1").shared == {"dmm": "dmm_1"}
    assert config.batch("batch_2").shared == {"meter": "dmm_1"}


def test_the_driver_does_not_see_what_is_the_stations(load: Loader) -> None:
    config = load(batches("{port: /dev/dmm, shared: dmm_1}", "{port: /dev/other, shared: false}"))

    assert config.batch("batch_1").instruments == {"dmm": {"port": "/dev/dmm"}}
    assert config.batch("batch_2").instruments == {"meter": {"port": "/dev/other"}}
    assert config.batch("batch_2").shared == {}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{port: /dev/dmm}", "{port: /dev/dmm}"),
        ("{port: /dev/dmm}", "{port: /dev/./dmm, baudrate: 9600}"),
        ("{port: COM3}", "{port: com3}"),
        ("{ip: 10.0.0.5, port: 5025}", "{host: 10.0.0.5, port: 5025}"),
        ("{port: /dev/dmm, shared: dmm_1}", "{port: /dev/dmm}"),
        ("{port: /dev/dmm, shared: dmm_1}", "{port: /dev/dmm, shared: dmm_2}"),
    ],
)
def test_two_batches_with_one_instrument_must_say_that_they_share_it(load: Loader, first: str, second: str) -> None:
    refusal = load.refusal(batches(first, second))

    assert refusal == (
        "station.yaml:10: batches[1].hardware.meter: clashes with batches[0].hardware.dmm (line 6): "
        "both have the same address; give both one name (shared: NAME), or shared: false where it takes several"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{port: /dev/dmm}", "{port: /dev/other}"),
        ("{ip: 10.0.0.5, port: 5025}", "{ip: 10.0.0.5, port: 5026}"),
        ("{endpoint: 'opc.tcp://10.0.0.5:4840'}", "{endpoint: 'opc.tcp://10.0.0.5:4840'}"),
        ("{port: /dev/dmm, shared: false}", "{port: /dev/dmm}"),
        ("{}", "{}"),
        ("{resource: A, shared: dmm_1}", "{port: /dev/dmm, shared: dmm_1}"),
    ],
)
def test_what_is_not_known_to_be_one_instrument_needs_no_word(load: Loader, first: str, second: str) -> None:
    assert len(load(batches(first, second)).batches) == 2


def test_one_name_is_one_instrument(load: Loader) -> None:
    refusal = load.refusal(batches("{port: /dev/dmm, shared: dmm_1}", "{port: /dev/other, shared: dmm_1}"))

    assert refusal == (
        "station.yaml:10: batches[1].hardware.meter: clashes with batches[0].hardware.dmm (line 6): "
        "the instrument dmm_1 has another address there; give each instrument its own name"
    )


def test_a_batch_names_a_shared_instrument_once(load: Loader) -> None:
    hardware = "{one: {port: X, shared: dmm}, two: {port: X, shared: dmm}}"

    refusal = load.refusal(f"{HEAD}batches:\n  - {{id: b, sequence_package: a, hardware: {hardware}}}")

    assert refusal == (
        "station.yaml:3: batches[0].hardware.two: clashes with batches[0].hardware.one (line 3): "
        "the instrument dmm is named twice in one batch"
    )


@pytest.mark.parametrize("said", ["true", "'a b'", "''", "3", "[dmm]", "../x"])
def test_shared_is_a_name_that_can_be_a_file(load: Loader, said: str) -> None:
    refusal = load.refusal(batches(f"{{port: /dev/dmm, shared: {said}}}", "{port: /dev/other}"))

    assert refusal == (
        "station.yaml:6: batches[0].hardware.dmm.shared: shared must be one name for the instrument, "
        "1 to 64 letters, digits, `_`, `.` or `-`, or false"
    )


def test_models_made_in_code_are_held_to_the_same(load: Loader) -> None:
    batch = {"sequence_package": "a", "hardware": {"dmm": {"port": "/dev/dmm"}}}

    with pytest.raises(ValidationError, match="both have the same address"):
        StationConfig.model_validate(
            {"station": {"id": "S", "name": "S"}, "batches": [{"id": "a", **batch}, {"id": "b", **batch}]}
        )


def test_an_address_is_where_the_shipped_drivers_look() -> None:
    assert address_of({"port": "data/sim//dmm"}) == "data/sim/dmm"
    assert address_of({"host": "PSU.local", "port": 5025}) == "psu.local:5025"
    assert address_of({"port": 5025}) == ""
    assert address_of({"port": ""}) == ""
