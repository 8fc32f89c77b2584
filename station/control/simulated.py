"""Whether a slot's instruments are those of the simulated bench, so that nobody mistakes the one for the other."""

import json

import psutil

from station.config.model import BatchConfig
from station.control.layout import Layout


def is_simulated(layout: Layout, batch: BatchConfig) -> bool:
    """Tell whether every instrument of a batch is one of the simulated bench that runs beside the station.

    False where that is not known: whoever handles real instruments for simulated ones hurts somebody.
    """
    try:
        bench = json.loads((layout.simulation / "bench.json").read_text(encoding="utf-8"))
        ports, lives = bench["ports"], psutil.pid_exists(int(bench["pid"]))
        lines = {str(line) for line in ports["dmm"].values()}
        sockets = {(bench["host"], port) for port in ports["psu"].values()}
        endpoint = str(bench["endpoint"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False

    def is_of_bench(settings: dict[str, object]) -> bool:
        match settings:
            case {"endpoint": str(address)}:
                return address == endpoint
            case {"ip": str(host), "port": int(port)} | {"host": str(host), "port": int(port)}:
                return (host, port) in sockets
            case {"port": str(device)}:
                return str((layout.base / device).absolute()) in lines
            case _:
                return False

    return lives and bool(batch.hardware) and all(is_of_bench({**given}) for given in batch.instruments.values())
