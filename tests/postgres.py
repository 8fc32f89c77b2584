"""A PostgreSQL server for the tests, where its programs are installed; Debian's package is `postgresql`."""

import asyncio
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.debian import COMPLETE, bring, missing
from tests.support import free_ports

DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian keeps the programs of each version."""
HURRY = {"fsync": "off", "full_page_writes": "off", "max_connections": "50"}
"""Settings: what the tests write must outlive the server's processes, but not the machine."""
MEMORY = "/dev/shm"  # noqa: S108 - a folder of our own is made in it
"""Each database is a copy of 8 MB, which no disk needs to see."""


class Server:
    """A server on loopback, in a folder of its own."""

    def __init__(self, programs: Path, folder: Path) -> None:
        """Prepare the folder; nothing runs yet."""
        self._programs = programs
        self._folder = folder
        self._user = "postgres" if os.geteuid() == 0 else None  # it refuses to be root's
        [self._port] = free_ports(1)
        if self._user is not None:
            account = pwd.getpwnam(self._user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        self._run("initdb", "-U", "station", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {"listen_addresses": "127.0.0.1", "port": str(self._port), "unix_socket_directories": self._folder}
        options = " ".join(f"-c {setting}={value}" for setting, value in {**HURRY, **settings}.items())
        self._run("pg_ctl", "start", "-w", "-l", str(self._folder / "log"), "-o", options)

    def stop(self) -> None:
        """Stop it; whoever is connected is cut off."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate")

    def kill(self) -> None:
        """End all its processes as a power cut does."""
        main = psutil.Process(int((self._data / "postmaster.pid").read_text(encoding="utf-8").split()[0]))
        processes = [main, *main.children(recursive=True)]
        for process in processes:
            process.kill()
        psutil.wait_procs(processes, timeout=10)

    def url(self, database: str = "postgres") -> str:
        """Give the address of a database, as station.yaml has it."""
        return f"postgresql://station@127.0.0.1:{self._port}/{database}"

    async def administer(self, *statements: str) -> None:
        """Run statements that make or drop databases."""
        url = make_url(self.url()).set(drivername="postgresql+asyncpg")
        engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            for statement in statements:
                await connection.execute(text(statement))
        await engine.dispose()

    def create(self, database: str) -> str:
        """Make an empty database; gives its address."""
        aside(self.administer(f"CREATE DATABASE {database}"))
        return self.url(database)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _run(self, program: str, *words: str) -> None:
        command = [str(self._programs / program), *words, "-D", str(self._data)]
        # Not into pipes: the server would keep them open.
        with (self._folder / f"{program}.log").open("w+", encoding="utf-8") as said:
            code = subprocess.run(
                command, user=self._user, cwd=self._folder, stdout=said, stderr=said, check=False, timeout=60
            ).returncode
            said.seek(0)
            assert code == 0, f"{program}: {said.read()}"


def aside(work: Coroutine[Any, Any, None]) -> None:
    """Run it to its end on a loop of its own: a test's loop may be running here."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def programs() -> Path | None:
    """Where `initdb` and `pg_ctl` are; None: they are not installed."""
    folders = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    folders += sorted(DEBIAN.glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


@contextmanager
def server() -> Iterator[Server]:
    """Run a server; skips the test where none is installed and tests may be left out."""
    binaries = programs()
    if binaries is None and not os.environ.get(COMPLETE):
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    assert binaries is not None, "PostgreSQL is not installed: apt-get install postgresql"
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="postgres-", dir=memory) as folder:
        running = Server(binaries, Path(folder))
        running.start()
        try:
            yield running
        finally:
            running.stop()


def main() -> int:
    """Have it installed, or say what is left out without it."""
    if programs() is not None or (bring("postgresql") and programs() is not None):
        return 0
    return missing("postgresql", "the tests of the results database on PostgreSQL")


if __name__ == "__main__":
    sys.exit(main())
