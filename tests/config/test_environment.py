"""What the environment adds to station.yaml: values of `${NAME}`, and overrides."""

from datetime import timedelta
from ipaddress import ip_network

import pytest

from tests.config.conftest import HEAD, Loader

BATCH = HEAD + "batches:\n  - {id: batch_1, sequence_package: sequences/a, hardware: {Dmm: {port: COM1}}}\n"


def test_names_in_text_are_replaced(load: Loader) -> None:
    config = load(HEAD + 'backend: {url: "http://${HOST}:${PORT}/mes"}', {"HOST": "mes", "PORT": "3000"})

    assert config.backend.url == "http://mes:3000/mes"


def test_what_replaces_a_name_is_not_searched_again(load: Loader) -> None:
    config = load(HEAD + 'backend: {api_key: "${KEY}"}', {"KEY": "${OTHER}"})

    assert config.backend.api_key.get_secret_value() == "${OTHER}"


def test_two_dollars_stand_for_the_characters(load: Loader) -> None:
    config = load(HEAD + 'backend: {equipment_id: "$${HOME} $5 $"}', {"HOME": "/root"})

    assert config.backend.equipment_id == "${HOME} $5 $"


def test_a_name_may_stand_for_a_number(load: Loader) -> None:
    config = load(HEAD + "server: {port: '${PORT}'}\nbackend: {timeout: '${SECONDS}'}", {"PORT": "9", "SECONDS": "2.5"})

    assert (config.server.port, config.backend.timeout) == (9, timedelta(seconds=2.5))


def test_names_in_settings_of_instruments_are_replaced_by_text(load: Loader) -> None:
    text = HEAD + "batches: [{id: a, sequence_package: b, hardware: {power: {ip: '${IP}', port: '${PORT}'}}}]"

    config = load(text, {"IP": "10.0.0.7", "PORT": "5025"})

    assert config.batches[0].hardware == {"power": {"ip": "10.0.0.7", "port": "5025"}}


def test_a_variable_that_is_not_set_is_named(load: Loader) -> None:
    text = HEAD + "backend:\n  api_key: '${MES_KEY}'\n  url: 'http://${HOST}:${PORT}'\n"

    message = load.refusal(text, {"HOST": "a-host-nobody-should-see"})

    assert message == (
        "station.yaml:3: backend.api_key: the environment does not have MES_KEY; set it before the station starts\n"
        "station.yaml:4: backend.url: the environment does not have PORT; set it before the station starts"
    )


@pytest.mark.parametrize("text", ["${no such}", "${", "${}", "a ${5} b"])
def test_a_name_that_is_none_is_refused(load: Loader, text: str) -> None:
    message = load.refusal(HEAD + f"data_dir: '{text}'", {})

    reference = text.removeprefix("a ").removesuffix(" b")
    assert message == (
        f'station.yaml:2: data_dir: "{reference}" names no variable; write $${{ where the characters ${{ are meant'
    )


def test_a_value_of_the_environment_is_never_shown(load: Loader) -> None:
    message = load.refusal(HEAD + "server: {port: '${PORT}'}\nshutdown: '${PORT}'", {"PORT": "hush"})

    assert message == (
        "station.yaml:2: server.port: must be a whole number from 0 to 65535; "
        "the value is not shown, it may be secret\n"
        'station.yaml:3: shutdown: must be one of "resume", "stop_runs"; the value is not shown, it may be secret'
    )


@pytest.mark.parametrize("value", ["x" * 70_000, "\udcff"], ids=["long", "not UTF-8"])
def test_a_value_that_cannot_be_used_is_refused(load: Loader, value: str) -> None:
    message = load.refusal(HEAD + "data_dir: '${DIR}'", {"DIR": value})

    assert message == "station.yaml:2: data_dir: the environment variable DIR is too long or not UTF-8 text"


def test_overrides_win_over_the_file(load: Loader) -> None:
    environ = {
        "STATION_SERVER__PORT": "9000",
        "STATION_BACKEND__API_KEY": "12345",
        "STATION_BATCHES__0__AUTO_START": "true",
        "STATION_SERVER__AUTH__WHITELIST": "[127.0.0.1, 10.0.0.0/8]",
        "STATION_LOGGING__LEVEL": "debug",
        "STATION_TEMPORAL__METRICS_PORT": "9464",
        "STATION_BATCHES__0__RESOURCE_LIMITS__CPU_AFFINITY": "[0, 1]",
    }

    config = load(BATCH + "server: {port: 1}\n", environ)

    assert config.server.port == 9000
    assert config.backend.api_key.get_secret_value() == "12345"
    assert config.batches[0].auto_start
    assert config.server.auth.networks() == [ip_network("127.0.0.1"), ip_network("10.0.0.0/8")]
    assert config.logging.level == "DEBUG"
    assert config.temporal.metrics_port == 9464
    assert config.batches[0].resource_limits.cpu_affinity == [0, 1]


def test_settings_of_instruments_can_be_overridden(load: Loader) -> None:
    environ = {
        "STATION_BATCHES__0__HARDWARE__DMM__PORT": "COM7",
        "STATION_BATCHES__0__HARDWARE__DMM__BAUDRATE": "115200",
        "STATION_BATCHES__0__HARDWARE__POWER__CHANNELS": "[1, 2]",
        "STATION_BATCHES__0__HARDWARE__POWER__CHANNELS__1": "3",
    }

    config = load(BATCH, environ)

    assert config.batches[0].hardware == {"Dmm": {"port": "COM7", "baudrate": 115200}, "power": {"channels": [1, 3]}}


def test_an_override_can_add_a_batch(load: Loader) -> None:
    environ = {"STATION_BATCHES__1__ID": "batch_2", "STATION_BATCHES__1__SEQUENCE_PACKAGE": "sequences/b"}

    config = load(BATCH, environ)

    assert [batch.id for batch in config.batches] == ["batch_1", "batch_2"]


def test_an_override_takes_the_place_of_a_variable_that_is_not_set(load: Loader) -> None:
    config = load(HEAD + "backend: {api_key: '${MES_KEY}'}", {"STATION_BACKEND__API_KEY": "key"})

    assert config.backend.api_key.get_secret_value() == "key"


def test_settings_at_the_top_can_be_overridden(load: Loader) -> None:
    config = load(HEAD, {"STATION_DATA_DIR": "/srv/data", "STATION_SHUTDOWN": "stop_runs"})

    assert (str(config.data_dir), config.shutdown) == ("/srv/data", "stop_runs")


def test_other_variables_are_left_alone(load: Loader) -> None:
    environ = {
        "STATION_BACKEND_API_KEY": "a",
        "STATION_JWT_SECRET": "b",
        "STATION": "c",
        "STATION_SERVER": "{}",
        "MY__NAME": "d",
    }

    assert load(HEAD, environ) == load(HEAD)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("STATION_SERVER__PROT", "1", "names no setting; did you mean STATION_SERVER__PORT?"),
        (
            "STATION_BATCHES__0__SEQUENCE_PACKGE",
            "1",
            "names no setting; did you mean STATION_BATCHES__0__SEQUENCE_PACKAGE?",
        ),
        (
            "STATION_SERVER__COLOUR",
            "1",
            "names no setting; server has enabled, host, port, allowed_hosts, rate_limit, upload_max, auth",
        ),
        (
            "STATION_SERVER__",
            "1",
            "names no setting; server has enabled, host, port, allowed_hosts, rate_limit, upload_max, auth",
        ),
        ("STATION_SERVER__PORT__X", "1", "names no setting; there is nothing below server.port"),
        (
            "STATION_BATCHES__X__ID",
            "1",
            "names no setting; batches is a list: a number, counted from 0, must follow it",
        ),
        ("STATION_BATCHES__5__ID", "a", "names item 5 of batches; it has 1, counted from 0"),
        (
            "STATION_SERVER__AUTH",
            "{}",
            "names the section server.auth, not a setting; add two underscores and one of enabled, type, basic, jwt, "
            "api_key, whitelist, whitelist_role, session_minutes, lock_operator, lock_engineer, "
            "failed_logins, in capitals",
        ),
        (
            "STATION_SERVER__PORT",
            "abc",
            "server.port: must be a whole number from 0 to 65535; the value is not shown, it may be secret",
        ),
        (
            "STATION_SERVER__AUTH__WHITELIST",
            "[1",
            "not valid YAML: while parsing a flow sequence, expected ',' or ']', but got '<stream end>'; "
            "check indentation, colons and quotes",
        ),
        ("STATION_SERVER__AUTH__WHITELIST", "[!!x 1]", 'the tag "!!x" is not allowed; remove it'),
        (
            "STATION_SERVER__PORT",
            "${PORT}",
            "holds ${, which is replaced in the file only; write the value itself",
        ),
        ("STATION_DATA_DIR", "\udcff", "is not UTF-8 text"),
        ("STATION_SERVER__PORT", "\x1f", "holds the control character U+001F; remove it"),
        (
            "STATION_BATCHES__0__HARDWARE__DMM__PORT__X",
            "1",
            "names a part of batches[0].hardware.Dmm.port, which is no mapping in the file",
        ),
        (
            "STATION_BATCHES__1__ID",
            "batch_2",
            'batches[1].sequence_package: is missing; it must be a folder such as "sequences/pcb_test"',
        ),
        (
            "STATION_BATCHES__0__ID",
            "a b",
            "batches[0].id: must be 1 to 64 letters, digits, underscores, dots or hyphens; "
            "the value is not shown, it may be secret",
        ),
    ],
)
def test_an_override_that_does_not_fit_is_named(load: Loader, name: str, value: str, complaint: str) -> None:
    message = load.refusal(BATCH, {name: value})

    assert message == f"{name}: {complaint}"


def test_an_override_below_something_else_is_reported_with_it(load: Loader) -> None:
    message = load.refusal(HEAD + "server: 5\n", {"STATION_SERVER__PORT": "1", "STATION_BATCHES__0__ID": "a"})

    assert message == (
        "station.yaml:2: server: must be a mapping (lines of `key: value`); the value is not shown, it may be secret\n"
        "STATION_SERVER__PORT: names a part of server, which is no mapping in the file\n"
        "STATION_BATCHES__0__ID: batches[0].sequence_package: is missing; "
        'it must be a folder such as "sequences/pcb_test"'
    )


def test_ids_that_an_override_makes_equal_are_named(load: Loader) -> None:
    text = HEAD + "batches:\n  - {id: batch_1, sequence_package: a}\n  - {id: batch_2, sequence_package: a}\n"

    message = load.refusal(text, {"STATION_BATCHES__0__ID": "batch_2"})

    assert message == (
        'station.yaml:4: batches[1].id: the id "batch_2" is that of batches[0] too (STATION_BATCHES__0__ID); '
        "give each batch its own"
    )
