"""A PostgreSQL server for the tests, where its programs are installed; Debian's package is `postgresql`."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.debian import bring, missing
from tests.support import free_ports

DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian keeps the programs of each version."""
MEMORY = "/dev/shm"  # noqa: S108 - a folder of our own is made in it
"""Each database is a copy of 8 MB, which no disk needs to see."""
SERVER = "STATION_TEST_POSTGRES"
"""Variable with the address of a server to use in place of one of our own."""
HURRY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "50"}
"""Settings: what the tests write need not outlive the machine."""


def programs() -> Path | None:
    """Where `initdb` and `postgres` are; None: they are not installed."""
    folders = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    folders += sorted(DEBIAN.glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


@contextmanager
def server() -> Iterator[str]:
    """Run a server on loopback; gives its address as SQLAlchemy reads it."""
    if given := os.environ.get(SERVER):
        yield given
        return
    binaries = programs()
    assert binaries is not None, "PostgreSQL is not installed: apt install postgresql"
    user = "postgres" if os.geteuid() == 0 else None  # the server refuses to be root's
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="postgres-", dir=memory) as name:
        folder = Path(name)
        if user is not None:
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        [port] = free_ports(1)
        data, log = folder / "data", folder / "log"
        settings = {**HURRY, "listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": str(folder)}
        options = " ".join(f"-c {setting}={value}" for setting, value in settings.items())

        def run(*words: str | Path) -> None:
            said = subprocess.run(words, user=user, cwd=folder, text=True, capture_output=True, check=False, timeout=60)
            assert said.returncode == 0, f"{words[0]}: {said.stderr}"

        run(binaries / "initdb", "-D", data, "-U", "station", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        run(binaries / "pg_ctl", "start", "-w", "-D", data, "-l", log, "-o", options)
        try:
            yield f"postgresql://station@127.0.0.1:{port}/postgres"
        finally:
            run(binaries / "pg_ctl", "stop", "-w", "-m", "immediate", "-D", data)


def main() -> int:
    """Have it installed, or say what is left out without it."""
    if os.environ.get(SERVER) or programs() is not None or (bring("postgresql") and programs() is not None):
        return 0
    return missing("postgresql", "the tests of the results database on PostgreSQL")


if __name__ == "__main__":
    sys.exit(main())
