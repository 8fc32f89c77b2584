"""`python -m tests.docs.engine_flags`: measures the table of docs/decisions/0006 again, on this machine."""

import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from station.config.model import TemporalSection
from station.control.engine import find_binary, server_arguments
from tests.bench import bare
from tests.support import ROOT, environment, free_ports

STEPS = 60
AT_ONCE = 8


def variants(full: list[str]) -> dict[str, list[str]]:
    """The station's own flags, and the same with less and with more."""
    pragmas, settings = full.index("--sqlite-pragma"), full.index("--dynamic-config-value")
    return {
        "stock, with a database file": full[:pragmas],
        "the same, WAL and synchronous=FULL": full[:settings],
        "as the station starts it (poll rates 100)": full,
        "the same, poll rates 500": [word.replace("PollRPS=100", "PollRPS=500") for word in full],
    }


@contextlib.contextmanager
def running(commands: list[list[str]]) -> Iterator[None]:
    """Processes that end with the block."""
    processes = [
        subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in commands
    ]
    try:
        yield
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


async def connect(address: str) -> Client:
    client = await bare.connect(address)
    while True:
        with contextlib.suppress(RPCError):
            await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="default"))
            return client
        await asyncio.sleep(0.1)


async def steps(client: Client, number: int) -> float:
    """Seconds that so many activities took, one after another."""
    handle = await client.start_workflow(
        "bench.bare",
        args=[bare.batch_queue(number), STEPS],
        id=f"bare/{number}/{time.monotonic_ns()}",
        task_queue=bare.ENGINE,
        run_timeout=timedelta(minutes=2),
    )
    return float(await handle.result())


async def measure(server: list[str], address: str) -> tuple[float, float]:
    """Milliseconds per step of one run, and steps per second of several at once."""
    worker = [sys.executable, "-m", "tests.bench.bare", address]
    with running([server, *([*worker, role] for role in ("engine", *map(str, range(AT_ONCE))))]):
        client = await connect(address)
        await steps(client, 0)
        alone = statistics.median([await steps(client, 0) for _ in range(3)])
        together = await asyncio.gather(*(steps(client, number) for number in range(AT_ONCE)))
    return 1000 * alone / STEPS, AT_ONCE * STEPS / max(together)


async def main() -> None:
    print(f"| flags | one run | {AT_ONCE} runs at once |\n|---|---|---|")
    binary = find_binary(TemporalSection())
    port, ui_port = free_ports(2)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "temporal.db"
        full = server_arguments(binary, file, TemporalSection(port=port, ui_port=ui_port))
        for name, server in variants(full).items():
            alone, rate = await measure(server, f"127.0.0.1:{port}")
            print(f"| {name} | {alone:.1f} ms per step | {rate:.0f} steps/s |", flush=True)
            for left in Path(folder).iterdir():
                left.unlink()


if __name__ == "__main__":
    asyncio.run(main())
