"""The files for operations: they parse, what they start exists, and every metric they ask for is told."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from api.assembly import assemble
from station.config.load import load_config
from station.control import engine
from station.control.layout import Layout
from station.storage.database import Database
from station.storage.migrate import migrate
from tests.docs.generate import commands
from tests.support import ROOT

DEPLOY = ROOT / "deploy"
OURS = re.compile(r"\b(station_[a-z_]+|pipeline_[a-z_]+|health_check_[a-z_]+)\b")
LABELS = re.compile(r"\{[^}]*\}|\b(?:by|without)\s*\([^)]*\)")


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def expressions() -> Iterator[tuple[str, str]]:
    """Every question that is asked of Prometheus, and where."""
    for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"]:
        for rule in group["rules"]:
            yield f"alert {rule['alert']}", rule["expr"]
    dashboard = json.loads((DEPLOY / "grafana" / "stations.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield f"panel {panel['title']}", target["expr"]


@pytest.fixture
async def told(tmp_path: Path) -> set[str]:
    """The names of all families a station tells, with those of their samples."""
    config = load_config(ROOT / "config" / "station.yaml", {})
    layout = Layout.of(config, tmp_path)
    layout.data.mkdir()
    url = config.database_url(layout.base)
    await migrate(url)
    async with Database(url) as database:
        services = assemble(config, Path("station.yaml"), layout, database)
        transport = httpx.ASGITransport(create_app(services))
        async with (
            services.hub.running(),
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
        ):
            page = (await client.get("/metrics")).text
    names = set()
    for family in text_string_to_metric_families(page):
        names |= {family.name, f"{family.name}_total"} if family.type == "counter" else {family.name}
        if family.type == "histogram":
            names |= {f"{family.name}_{part}" for part in ("bucket", "count", "sum")}
    return names


async def test_s1_50_s3_26_every_metric_that_is_asked_for_is_told(told: set[str]) -> None:
    asked = {(where, name) for where, text in expressions() for name in OURS.findall(LABELS.sub("", text))}

    assert len({name for _, name in asked}) > 15
    assert [(where, name) for where, name in sorted(asked) if name not in told] == []


def test_s3_26_the_documented_alerts_are_there() -> None:
    rules = {where.removeprefix("alert "): text for where, text in expressions() if where.startswith("alert ")}

    assert "> 80" in rules["StationCpuHigh"]
    assert "> 85" in rules["StationMemoryHigh"]
    assert rules["StationApiSlow"].endswith("> 0.5")
    assert "histogram_quantile(0.95" in rules["StationApiSlow"]
    assert rules["StationApiErrors"].endswith("> 0.01")
    for text in rules.values():
        assert text.count("(") == text.count(")")


def test_s1_50_one_job_scrapes_many_stations() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))

    (job,) = [one for one in config["scrape_configs"] if one["job_name"] == "station"]
    assert job["metrics_path"] == "/metrics"
    assert len(job["static_configs"]) > 1
    assert config["rule_files"] == ["alerts.yml"]


def test_the_services_start_what_exists_and_wait_for_what_exists() -> None:
    services = compose()["services"]

    for name, service in services.items():
        assert service["profiles"] in (["development"], ["production"]), name
        for needed in service.get("depends_on", {}):
            assert services[needed]["profiles"] == service["profiles"], f"{name} waits for {needed}"
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
            elif source.isalnum():
                assert source in compose()["volumes"], source
    assert (ROOT / ".env").read_text(encoding="utf-8").splitlines()[-1] == "COMPOSE_PROFILES=development"


def test_the_temporal_program_takes_what_the_container_tells_it() -> None:
    program, *words = compose()["services"]["temporal"]["command"]
    binary = engine.find_binary(load_config(ROOT / "config/station.yaml", {}).temporal)

    shown = subprocess.run([binary, *words[:2], "--help"], capture_output=True, text=True, check=True, timeout=30)

    assert binary.stem == program
    assert [word for word in words if word.startswith("--") and word not in shown.stdout] == []


def known_options(command: str) -> set[str]:
    """The options of a command of ours."""
    return {option for parameter in commands().commands[command].params for option in parameter.opts}


@pytest.mark.parametrize("name", ["station-dev", "station"])
def test_the_containers_start_commands_that_exist(name: str) -> None:
    program, command, *words = compose()["services"][name]["command"]

    assert program == "station"
    assert {word for word in words if word.startswith("--")} <= known_options(command)


def test_the_development_server_is_given_what_the_embedded_one_is() -> None:
    words = compose()["services"]["temporal"]["command"]
    ours = engine.server_arguments(
        Path("temporal"), Path("file"), load_config(ROOT / "config/station.yaml", {}).temporal
    )
    flags = ("--dynamic-config-value", "--sqlite-pragma")

    def given(arguments: list[str]) -> set[str]:
        return {arguments[at + 1] for at, word in enumerate(arguments) if word in flags}

    assert given(words) == given(ours)


def test_a_server_of_ones_own_is_given_the_same() -> None:
    values = yaml.safe_load((DEPLOY / "temporal-dynamic-config.yaml").read_text(encoding="utf-8"))
    words = compose()["services"]["temporal"]["command"]
    ours = dict(words[at + 1].split("=") for at, word in enumerate(words) if word == "--dynamic-config-value")

    assert {key: str(value[0]["value"]).lower() for key, value in values.items()} == {
        key: text.strip('"') for key, text in ours.items()
    }


@pytest.mark.parametrize("name", ["station-dev", "station"])
def test_what_the_containers_set_is_understood_and_nobody_is_let_in_by_it(name: str) -> None:
    environ = {
        key: re.sub(r"\$\{[A-Z_]+:-\}", "secret", text)
        for key, text in compose()["services"][name]["environment"].items()
    }

    config = load_config(ROOT / "config" / "station.yaml", environ)

    assert config.server.host == "0.0.0.0"  # noqa: S104 - within its container
    assert config.temporal.address.endswith(":7233")
    published = compose()["services"][name]["ports"]
    if config.server.auth.enabled:
        assert config.server.auth.whitelist == []
    else:
        assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_image_has_every_folder_the_processes_need() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = set(re.findall(r"^COPY (\S+) \S+$", text, re.MULTILINE))

    assert copied >= {"station", "workflows", "activities", "worker", "api", "sequences", "config"}
    for source in copied:
        assert (ROOT / source).exists(), source
    assert "--require-hashes" in text
    assert text.index("USER station") < text.index("CMD [")


def test_the_image_has_the_screen_as_its_sources_are_now() -> None:
    building, running = (ROOT / "Dockerfile").read_text(encoding="utf-8").split("\nFROM ")[-2:]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    written = (ROOT / "ui" / "vite.config.ts").read_text(encoding="utf-8")

    assert "AS screen\n" in building
    assert "COPY ui ui\n" in building
    assert re.search(r"^RUN ui/with-node npm ci && ui/with-node npm run build$", building, re.MULTILINE)
    assert 'outDir: "../api/static"' in written
    # After the sources, which are without what somebody has built at home.
    assert running.index("COPY api api\n") < running.index("COPY --from=screen /build/api/static api/static\n")
    assert {"api/static", "**/node_modules", "ui/.node"} <= set(ignored)


@pytest.mark.parametrize("unit", ["station.service", "station-backup.service", "station-backup.timer"])
def test_s3_22_s0_57_systemd_takes_the_units(unit: str, tmp_path: Path) -> None:
    for file in DEPLOY.glob("station*.*"):
        # What the machine of the test does not have is put where it is looked for.
        text = file.read_text(encoding="utf-8").replace("/opt/station/.venv/bin/station", "/bin/true")
        (tmp_path / file.name).write_text(text.replace("User=station\nGroup=station\n", ""), encoding="utf-8")
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd here")

    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit)], capture_output=True, text=True, timeout=30,
        check=False,
    )  # fmt: skip

    complaints = [line for line in verified.stderr.splitlines() if str(tmp_path) in line or unit in line]
    assert complaints == []


def test_the_units_call_commands_that_exist() -> None:
    for file in DEPLOY.glob("*.service"):
        (line,) = [one for one in file.read_text(encoding="utf-8").splitlines() if one.startswith("ExecStart=")]
        _, command, *words = line.split()
        assert {one for one in words if one.startswith("--")} <= known_options(command), line
