"""Runs the Reference MES: in a thread of a test, or as a process of its own."""

import asyncio
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Self

import uvicorn

from station.testing.reference_mes.app import build_app
from station.testing.reference_mes.client import MesControl
from station.testing.reference_mes.core import Mes
from station.testing.reference_mes.faults import Schedule
from station.testing.reference_mes.settings import MesSettings, Profile
from station.testing.reference_mes.wire import MesProtocol

PATIENCE = 10.0
"""Seconds it may take to come up."""


class ReferenceMes(MesControl):
    """A running Reference MES, as a context manager (async or not); its commands are those of `MesControl`.

    Args:
        profile: Which contract it speaks.
        port: TCP port; 0: the system chooses a free one.
        database: Its SQLite file; without, one that is gone with the server.
        settings: Everything else of `MesSettings`.

    Attributes:
        url: Where it is, once it runs.
    """

    def __init__(
        self,
        profile: Profile | str = Profile.DOCUMENTED,
        port: int = 0,
        database: Path | None = None,
        **settings: Any,  # noqa: ANN401 - checked by the model
    ) -> None:
        super().__init__("")
        self._folder = None if database else Path(tempfile.mkdtemp(prefix="reference-mes-"))
        file = database or Path(str(self._folder)) / "mes.sqlite3"
        self.settings = MesSettings(profile=Profile(profile), port=port, database=file, **settings)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Come up; returns when it answers. An OSError says that the port is taken.

        Raises:
            RuntimeError: If it does not come up.
        """
        listener = socket.create_server((self.settings.host, self.settings.port), backlog=256)
        try:
            mes = Mes(self.settings)
        except BaseException:
            listener.close()
            raise
        self.url = f"http://{self.settings.host}:{listener.getsockname()[1]}"
        self._server = _Server(_config(mes), mes)
        self._thread = threading.Thread(target=self._server.run_on, args=(listener,), name="reference-mes", daemon=True)
        self._thread.start()
        if not self._server.up.wait(PATIENCE):
            msg = "the Reference MES did not come up"
            raise RuntimeError(msg)

    def stop(self) -> None:
        """Go down; safe to call twice."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(PATIENCE)
        self._thread = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.stop)


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it listens, and lets go of the calls it holds back when it ends."""

    def __init__(self, config: uvicorn.Config, mes: Mes) -> None:
        super().__init__(config)
        self.up = threading.Event()
        self._mes = mes

    def run_on(self, listener: socket.socket) -> None:
        """Serve until told to end; everything is closed when this returns."""
        try:
            asyncio.run(self.serve(sockets=[listener]))
        finally:
            listener.close()
            self._mes.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._mes.faults.heal()
        await super().shutdown(sockets)


def _config(mes: Mes) -> uvicorn.Config:
    return uvicorn.Config(
        build_app(mes),
        http=MesProtocol,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
    )


def serve(settings: MesSettings, seed_wips: int, schedule: Schedule | None, ready: Callable[[str], None]) -> None:
    """Run until SIGTERM or Ctrl-C; `ready` is told the address once it answers. An OSError says the port is taken.

    WIPs are seeded only into a file that has none.
    """
    told = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        told.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    fields = settings.model_dump(exclude={"profile", "port", "database"})
    mes = ReferenceMes(settings.profile, settings.port, settings.database, **fields)
    try:
        with mes:
            if seed_wips and not mes.wips():
                mes.seed(seed_wips)
            if schedule is not None:
                mes.schedule(schedule.seed, schedule.rate, schedule.kinds)
            ready(mes.url)
            told.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
