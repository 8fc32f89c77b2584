"""What the typed configuration promises to the code that uses it."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from station.config.kinds import size_in_bytes
from station.config.model import StationConfig
from station.domain.errors import BatchNotFoundError
from tests.config.conftest import HEAD, Loader

HASH = "$2b$12$" + "a" * 53


def test_a_station_section_is_enough(load: Loader) -> None:
    config = load(HEAD)

    assert config.station.id == "ST-001"
    assert config.batches == []
    assert config.data_dir == Path("data")
    assert config.execution.heartbeat_timeout == timedelta(seconds=5)
    assert config.server.auth.networks() == [ip_network("127.0.0.1"), ip_network("::1")]
    assert config.logging.max_bytes == 10 * 1024 * 1024


def test_names_left_out_come_from_ids(load: Loader) -> None:
    config = load(HEAD + "batches: [{id: batch_1, sequence_package: sequences/a}]")

    assert config.batches[0].name == "batch_1"
    assert config.backend.station_id == "ST-001"


def test_names_given_are_kept(load: Loader) -> None:
    config = load(
        HEAD + "batches: [{id: batch_1, name: Left, sequence_package: sequences/a}]\nbackend: {station_id: LINE-7}"
    )

    assert config.batches[0].name == "Left"
    assert config.backend.station_id == "LINE-7"


def test_models_made_in_code_get_the_same_names() -> None:
    template = StationConfig.model_validate({"station": {"id": "ST-001", "name": "Station 1"}})

    made = StationConfig(
        station=template.station, backend=template.backend.model_copy(update={"station_id": "", "equipment_id": "E1"})
    )

    assert (made.backend.station_id, made.backend.equipment_id) == ("ST-001", "E1")


def test_a_batch_is_found_by_its_id(load: Loader) -> None:
    config = load(HEAD + "batches: [{id: batch_1, sequence_package: a}, {id: batch_2, sequence_package: b}]")

    assert config.batch("batch_2").sequence_package == "b"


def test_a_batch_that_is_not_there_is_answered_with_those_that_are(load: Loader) -> None:
    config = load(HEAD + "batches: [{id: batch_1, sequence_package: a}, {id: batch_2, sequence_package: b}]")

    with pytest.raises(BatchNotFoundError) as caught:
        config.batch("batch_9")

    assert caught.value.message == 'no batch "batch_9"; the configuration has batch_1, batch_2'


def test_a_station_without_batches_says_so(load: Loader) -> None:
    config = load(HEAD)

    with pytest.raises(BatchNotFoundError) as caught:
        config.batch("batch_1")

    assert caught.value.message == 'no batch "batch_1"; the configuration has no batches'


def test_two_batches_made_in_code_cannot_share_an_id() -> None:
    batch = {"id": "batch_1", "sequence_package": "a"}

    with pytest.raises(ValidationError, match="two batches have the id batch_1"):
        StationConfig.model_validate({"station": {"id": "a", "name": "a"}, "batches": [batch, batch]})


def test_nothing_can_be_changed(load: Loader) -> None:
    config = load(HEAD)

    with pytest.raises(ValidationError, match="frozen"):
        config.server.port = 1  # type: ignore[misc]


def test_secrets_do_not_show(load: Loader) -> None:
    text = HEAD + (
        "backend: {api_key: hush}\n"
        "server: {auth: {basic: {password_hash: hush}, jwt: {secret_key: hush}, api_key: {keys: [hush]}}}\n"
        "temporal: {api_key: hush}\n"
        'database: {url: "postgresql://me:hush@db/station"}\n'
    )

    config = load(text)

    assert config.backend.api_key.get_secret_value() == "hush"
    assert "hush" not in repr(config)
    assert "hush" not in str(config.model_dump())
    assert "hush" not in config.model_dump_json()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "sqlite+aiosqlite:////opt/station/data/station.db"),
        ("sqlite:///results/a.db", "sqlite+aiosqlite:////opt/station/results/a.db"),
        ("sqlite:////var/a.db", "sqlite+aiosqlite:////var/a.db"),
        ("sqlite+aiosqlite:////var/a.db", "sqlite+aiosqlite:////var/a.db"),
        ("sqlite:///:memory:", "sqlite+aiosqlite:///:memory:"),
        ("postgresql://me:pw@db:5432/station", "postgresql+asyncpg://me:pw@db:5432/station"),
        ("postgres://me@db/station", "postgresql+asyncpg://me@db/station"),
        ("postgresql+asyncpg://me@db/station", "postgresql+asyncpg://me@db/station"),
    ],
)
def test_the_database_url_names_an_asyncio_driver(load: Loader, url: str, expected: str) -> None:
    config = load(HEAD + f'database: {{url: "{url}"}}')

    assert config.database_url(Path("/opt/station")) == expected


def test_the_database_follows_data_dir(load: Loader) -> None:
    config = load(HEAD + "data_dir: /srv/data")

    assert config.database_url(Path("/opt/station")) == "sqlite+aiosqlite:////srv/data/station.db"


@pytest.mark.parametrize(
    ("text", "expected"), [("1B", 1), ("512KB", 524_288), ("10mb", 10_485_760), ("1 GB", 1_073_741_824)]
)
def test_sizes_are_powers_of_1024(text: str, expected: int) -> None:
    assert size_in_bytes(text) == expected


@pytest.mark.parametrize("text", ["", "10", "MB", "-1MB", "1.5MB", "0KB"])
def test_other_text_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="not a size"):
        size_in_bytes(text)


def test_a_bare_number_is_a_size_in_bytes(load: Loader) -> None:
    assert load(HEAD + "logging: {max_size: 4096}").logging.max_bytes == 4096


@pytest.mark.parametrize(("seconds", "expected"), [("0.25", 0.25), ('"2.5"', 2.5), ("31536000", 31_536_000)])
def test_durations_are_seconds_and_fractions_of_them(load: Loader, seconds: str, expected: float) -> None:
    config = load(HEAD + f"recovery: {{backoff_base: {seconds}, backoff_max: 31536000}}")

    assert config.recovery.backoff_base == timedelta(seconds=expected)


def test_zero_is_a_duration_where_it_has_a_meaning(load: Loader) -> None:
    config = load(HEAD + "backend: {online_wait: 0}\nexecution: {grace_period: 0}")

    assert (config.backend.online_wait, config.execution.grace_period) == (timedelta(0), timedelta(0))


def test_a_dump_loads_again(load: Loader) -> None:
    config = load(HEAD + "recovery: {backoff_base: 0.5}")

    assert StationConfig.model_validate(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    "auth",
    [
        f"type: basic, basic: {{username: op, password_hash: {HASH}}}",
        f"type: jwt, jwt: {{secret_key: k}}, basic: {{username: op, password_hash: {HASH}}}",
        "type: api_key, api_key: {keys: [k]}",
    ],
)
def test_each_kind_of_login_can_be_enabled(load: Loader, auth: str) -> None:
    config = load(HEAD + f"server: {{auth: {{enabled: true, {auth}}}}}")

    assert config.server.auth.enabled


@pytest.mark.parametrize(
    ("auth", "needs"),
    [
        ("type: basic", "basic.username, basic.password_hash (a bcrypt hash)"),
        ("type: basic, basic: {username: op, password_hash: plain}", "basic.password_hash (a bcrypt hash)"),
        (f"type: jwt, basic: {{username: op, password_hash: {HASH}}}", "jwt.secret_key"),
        ("type: api_key", "api_key.keys (at least one, none empty)"),
        ('type: api_key, api_key: {keys: [k, ""]}', "api_key.keys (at least one, none empty)"),
    ],
)
def test_a_login_that_nobody_could_use_is_refused(load: Loader, auth: str, needs: str) -> None:
    message = load.refusal(HEAD + f"server: {{auth: {{enabled: true, {auth}}}}}")

    kind = auth.removeprefix("type: ").partition(",")[0]
    assert message == f'station.yaml:2: server.auth: nobody could log in; enabled with type "{kind}" it needs {needs}'
