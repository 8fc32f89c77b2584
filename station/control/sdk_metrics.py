"""The Temporal SDK's own metrics of each process: where it serves them on this machine, and what it says there."""

import http.client
import json
import logging
import os
from datetime import timedelta

import psutil
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from station.control.layout import Layout

logger = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
WITHIN = timedelta(seconds=1)
"""A process that stands still holds up nobody for longer."""


def measured_runtime(layout: Layout, process: str) -> Runtime:
    """Make the SDK's runtime of this process; it serves its metrics on a free port of this machine alone.

    Args:
        layout: Where the port is written down.
        process: Which process this is, as in `layout.process_file`.
    """
    before = _listening()
    try:
        runtime = Runtime(
            telemetry=TelemetryConfig(
                metrics=PrometheusConfig(
                    bind_address=f"{LOOPBACK}:0",
                    counters_total_suffix=True,
                    unit_suffix=True,
                    durations_as_seconds=True,
                )
            )
        )
    except RuntimeError as error:  # the station does not depend on them
        logger.warning("the SDK's metrics cannot be served: %s", error)
        return Runtime.default()
    new = _listening() - before
    if len(new) == 1:
        about = {"pid": os.getpid(), "port": new.pop()}
        layout.metrics_file(process).write_text(json.dumps(about), encoding="utf-8")
    else:
        logger.warning("the SDK's metrics are served on an unknown port")
    return runtime


def sdk_metrics(layout: Layout, process: str, pid: int) -> str:
    """Read a process's metrics, in Prometheus' text; empty where it serves none, or does not answer.

    Args:
        layout: Where the port is written down.
        process: Which process.
        pid: Its id; what an earlier process has left behind does not count.
    """
    try:
        about = json.loads(layout.metrics_file(process).read_text(encoding="utf-8"))
        if about["pid"] != pid:
            return ""
        connection = http.client.HTTPConnection(LOOPBACK, int(about["port"]), timeout=WITHIN.total_seconds())
        try:
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode()
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return ""


def _listening() -> set[int]:
    try:
        found = psutil.Process().net_connections("tcp4")
    except psutil.Error:
        return set()
    return {one.laddr.port for one in found if one.status == psutil.CONN_LISTEN}
