"""`python -m api`: the process that serves the station's API and screen."""

import argparse
import asyncio
import gc
import json
import logging
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from api.app import create_app
from api.assembly import assemble
from api.live.protocol import SocketProtocol
from station.config.load import EXIT_CONFIG, load_config
from station.config.model import StationConfig
from station.control.layout import Layout
from station.control.pulse import beat
from station.control.sdk_metrics import measured_runtime
from station.domain.errors import ConfigError, StationError
from station.observability.logs import set_up_logging
from station.storage.database import Database
from station.storage.migrate import migrate

logger = logging.getLogger("api")

EXIT_FAILED = 2
LARGEST_MESSAGE = 2**16
"""Bytes of a message on the socket; clients only say what they want to see."""


def main(words: Sequence[str]) -> int:
    """Serve until SIGTERM; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m api", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("config/station.yaml"), help="station.yaml")
    arguments = parser.parse_args(words)
    try:
        config = load_config(arguments.config, os.environ)
    except ConfigError as error:
        sys.stderr.write(f"{error.message}\n")
        return EXIT_CONFIG
    layout = Layout.of(config, Path.cwd())
    layout.ready.parent.mkdir(parents=True, exist_ok=True)
    set_up_logging(config.logging, layout.base, "api")
    try:
        with _runner() as runner:
            runner.run(_serve(config, arguments.config, layout))
    except (StationError, OSError) as error:
        logger.error("%s", error)
        return EXIT_FAILED
    return 0


def _runner() -> asyncio.Runner:
    if sys.platform == "win32":
        return asyncio.Runner()
    import uvloop

    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


async def _serve(config: StationConfig, config_file: Path, layout: Layout) -> None:
    url = config.database_url(layout.base)
    await migrate(url)
    pulse = asyncio.create_task(beat(layout.pulse_file("api"), config.execution.heartbeat_interval))
    try:
        async with Database(url) as database:
            services = assemble(config, config_file, layout, database, measured_runtime(layout, "api"))
            with _listen(config) as listening:
                await _until_told(create_app(services), listening, config, layout)
    finally:
        pulse.cancel()


async def _until_told(app: object, listening: socket.socket, config: StationConfig, layout: Layout) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            app,  # type: ignore[arg-type] # an ASGI application
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # an address that anybody can write is no address
            ws=SocketProtocol,
            ws_max_size=LARGEST_MESSAGE,
            ws_ping_interval=20,
            ws_ping_timeout=20,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=5,
            limit_concurrency=1000,
        )
    )
    host, port = listening.getsockname()[:2]
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not serving.done():  # noqa: ASYNC110 - the server has no event to wait for
        await asyncio.sleep(0.01)
    if server.started:
        # What is loaded now stays: looking through it for garbage would hold everybody up for a sixth of a second.
        gc.collect()
        gc.freeze()
        _announce(host, port, config, layout)
    try:
        await serving
    finally:
        layout.api.unlink(missing_ok=True)


def _listen(config: StationConfig) -> socket.socket:
    """Take the port; an OSError that names it passes through.

    Raises:
        OSError: If somebody else has it, or the address is not this machine's.
    """
    host, port = config.server.host, config.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        msg = f"server.port {port} on {host} cannot be had: {error.strerror}. Another program listens there, perhaps."
        raise OSError(error.errno, msg) from error
    return listening


def _announce(host: str, port: int, config: StationConfig, layout: Layout) -> None:
    loopback = host in {"127.0.0.1", "::1", "localhost"}
    if not loopback and not config.server.auth.enabled:
        logger.warning(
            "served on %s without login: only to %s (server.auth.whitelist)",
            host,
            ", ".join(config.server.auth.whitelist) or "nobody",
        )
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    about = {"pid": os.getpid(), "url": f"http://{f'[{shown}]' if ':' in shown else shown}:{port}", "port": port}
    part = layout.api.with_suffix(".tmp")
    part.write_text(json.dumps(about), encoding="utf-8")
    part.replace(layout.api)
    logger.info("serving at %s", about["url"])


if __name__ == "__main__":
    code = main(sys.argv[1:])
    logging.shutdown()
    sys.stdout.flush()
    # The interpreter's own way out can be aborted by the SDK's threads (exit code 134).
    os._exit(code)
