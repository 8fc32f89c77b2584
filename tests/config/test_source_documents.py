"""The files that the source documents print load unchanged."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from station.config.load import load_config
from tests.config.conftest import HEAD, Loader

FIXTURES = Path(__file__).parent / "fixtures"


def test_the_example_loads() -> None:
    config = load_config(FIXTURES / "source_document.yaml", {})

    assert (config.station.id, config.station.description) == ("ST-001", "PCB 테스트 스테이션")
    assert (config.server.host, config.server.port) == ("0.0.0.0", 8080)  # noqa: S104 - as printed
    assert config.backend.url == "http://neurohub.local:3000"
    assert config.backend.sync_interval == timedelta(seconds=30)
    assert [batch.id for batch in config.batches] == ["batch_1", "batch_2"]
    assert {batch.sequence_package for batch in config.batches} == {"sequences/pcb_test_v1"}
    assert [batch.hardware["dmm"]["port"] for batch in config.batches] == ["/dev/ttyUSB0", "/dev/ttyUSB1"]
    assert config.batch("batch_1").hardware["power"] == {"ip": "192.168.1.100", "port": 5025}
    assert [batch.auto_start for batch in config.batches] == [True, False]
    assert (config.logging.max_bytes, config.logging.backup_count) == (10 * 1024 * 1024, 5)


@pytest.mark.parametrize("snippet", ["extension_8_1", "extension_8_2", "extension_8_3", "extension_8_4"])
def test_each_extension_loads(load: Loader, snippet: str) -> None:
    text = (FIXTURES / f"{snippet}.yaml").read_text(encoding="utf-8")

    config = load(HEAD + text, {"JWT_SECRET": "from the environment"})

    assert config.station.id == "ST-001"


def test_the_extensions_say_what_the_documents_say(load: Loader) -> None:
    parts = [(FIXTURES / f"extension_8_{number}.yaml").read_text(encoding="utf-8") for number in (1, 2, 3, 4)]

    config = load(HEAD + "\n".join(parts), {"JWT_SECRET": "from the environment"})

    limits = config.batch("batch_1").resource_limits
    assert (config.recovery.max_retries, config.recovery.backoff_max) == (3, timedelta(seconds=60))
    assert (limits.max_memory_mb, limits.cpu_affinity, limits.priority) == (512, [0, 1], "normal")
    assert (limits.timeout_sequence, limits.timeout_step) == (timedelta(hours=1), timedelta(minutes=5))
    assert config.error_handling.hardware_errors.on_failure == "pause_wait"
    assert config.error_handling.process_errors.recovery_mode == "resume"
    assert config.server.auth.jwt.secret_key.get_secret_value() == "from the environment"
    assert config.server.auth.networks() == [ip_network("127.0.0.1"), ip_network("192.168.1.0/24")]


def test_a_key_from_the_environment_is_read_as_the_documents_show(load: Loader) -> None:
    text = HEAD + 'backend:\n  url: "http://neurohub.local:3000"\n  api_key: "${STATION_BACKEND_API_KEY}"\n'

    config = load(text, {"STATION_BACKEND_API_KEY": "your-secret-key", "STATION_JWT_SECRET": "your-jwt-secret"})

    assert config.backend.api_key.get_secret_value() == "your-secret-key"
