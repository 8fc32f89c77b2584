"""The page of metrics: gauges as things stand now, counters and histograms from the totals."""

import asyncio
from collections.abc import Iterable, Mapping
from itertools import accumulate

import psutil
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from api.metrics.counting import Counting
from api.metrics.requests import ProcessMetrics
from api.metrics.sdk import merged
from api.metrics.totals import RUN_BUCKETS, STEP_BUCKETS, Spread, Totals
from api.services import Services
from api.standing import standing_of
from station.control import health
from station.control.backend import BackendStatus, backend_status
from station.control.connected import InstrumentNames, connected_instruments
from station.control.presence import takes_runs
from station.control.sdk_metrics import sdk_metrics
from station.control.status import BatchStatus
from station.control.usage import ProcessUsage, UsageWatch
from station.domain.call import Call, CallReason
from station.domain.delivery import DeliveryState
from station.domain.outcome import RunState
from station.storage.calls import Calls
from station.storage.queue import SyncQueue

CONTENT_TYPE = CONTENT_TYPE_LATEST
_BREAKER_STATES = ("closed", "half_open", "open")


class Metrics:
    """Everything the station tells Prometheus.

    Attributes:
        process: What is counted in this process alone.
        counting: What is counted from events.
        usage: What the station's processes use.
    """

    def __init__(self, services: Services) -> None:
        """Of the station these services reach."""
        self._services = services
        self.process = ProcessMetrics()
        self.counting = Counting(services.database)
        self.usage = UsageWatch(services.config, services.layout)
        self._names = InstrumentNames(services.config, services.layout)

    async def page(self) -> bytes:
        """Write the page; a StorageError passes through where the database is away."""
        services = self._services
        standings, totals, backend, sizes, call = await asyncio.gather(
            standing_of(services),
            self.counting.up_to_now(),
            backend_status(services.config, services.layout, services.database),
            SyncQueue(services.database).sizes(),
            Calls(services.database).open(),
        )
        connected = await connected_instruments(services.config, services.database, self._names)
        usage = await asyncio.to_thread(self.usage.look)
        families = [
            *_station(services),
            *_batches(standings),
            _called(call),
            _instruments(connected),
            *_backend(backend, sizes),
            *_processes(usage),
            *_counted(totals),
        ]
        own = generate_latest(_Families(families)) + generate_latest(self.process.registry)
        return own + merged(await self._sdk(usage)).encode()

    async def _sdk(self, usage: Iterable[ProcessUsage]) -> dict[str, str]:
        ours = [one for one in usage if one.name != "temporal"]
        pages = await asyncio.gather(
            *(asyncio.to_thread(sdk_metrics, self._services.layout, one.name, one.pid) for one in ours)
        )
        return {one.name: page for one, page in zip(ours, pages, strict=True)}


class _Families:
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _station(services: Services) -> list[Metric]:
    station = services.config.station
    about = GaugeMetricFamily("station_info", "Which station this is.", labels=["id", "name", "version"])
    about.add_metric([station.id, station.name, services.version], 1)
    ready = takes_runs(services.config, services.layout)
    return [
        about,
        _gauge("station_ready", "Whether the station takes runs.", ready),
        _gauge("station_disk_used_percent", "Of the disk the data is on.", health.disk(services.layout).usage_percent),
        _gauge("station_host_memory_percent", "Of the machine's memory.", health.memory().usage_percent),
        _gauge("station_host_cpu_percent", "Of the machine's processors, since the last scrape.", psutil.cpu_percent()),
    ]


def _batches(standings: Iterable[BatchStatus]) -> list[Metric]:
    standings = list(standings)
    up = GaugeMetricFamily("station_batch_up", "Whether the batch's process runs.", labels=["batch"])
    quarantined = GaugeMetricFamily("station_batch_quarantined", "Whether the slot takes no run.", labels=["batch"])
    waiting = GaugeMetricFamily(
        "station_batch_waiting_for_person", "Whether the run waits for a person's answer or decision.", labels=["batch"]
    )
    asking = {RunState.PROMPTING, RunState.INTERRUPTED}
    for one in standings:
        up.add_metric([one.batch], one.process.state == "running")
        quarantined.add_metric([one.batch], one.quarantine is not None)
        waiting.add_metric([one.batch], one.run is not None and (one.run.state in asking or bool(one.run.prompts)))
    running = sum(one.run is not None for one in standings)
    return [
        _gauge("station_batches_total", "Batches in the configuration.", len(standings)),
        _gauge("station_batches_running", "Batches on which a sequence runs.", running),
        up,
        quarantined,
        waiting,
    ]


def _called(call: Call | None) -> Metric:
    called = GaugeMetricFamily(
        "station_call_open", "1: somebody is called to the station, by what is needed.", labels=["reason"]
    )
    for reason in CallReason:
        called.add_metric([reason.value], call is not None and call.reason is reason)
    return called


def _instruments(connected: Mapping[tuple[str, str], bool]) -> Metric:
    status = GaugeMetricFamily(
        "station_hardware_status",
        "1: the instrument is connected, for a run or in somebody's hand; 0: it is not.",
        labels=["batch", "hardware"],
    )
    for (batch, name), value in connected.items():
        status.add_metric([batch, name], value)
    return status


def _backend(backend: BackendStatus, sizes: Mapping[DeliveryState, int]) -> list[Metric]:
    state = GaugeMetricFamily("station_circuit_breaker_state", "1 for the state it is in.", labels=["name", "state"])
    failures = GaugeMetricFamily(
        "station_circuit_breaker_failures", "Failures since the last success.", labels=["name"]
    )
    if backend.breaker is not None:
        for word in _BREAKER_STATES:
            state.add_metric(["mes", word], backend.breaker.state == word)
        failures.add_metric(["mes"], backend.breaker.failure_count)
    queue = "station_sync_queue_size"
    return [
        _gauge("station_backend_connected", "Whether the MES answers; 1 where there is none.",
               backend.status != "disconnected"),
        _gauge(queue, "What is owed to the MES.", sum(sizes.values())),
        _gauge("station_sync_queue_parked", "What of it needs a person.", sizes[DeliveryState.PARKED]),
        state,
        failures,
    ]  # fmt: skip


def _processes(usage: Iterable[ProcessUsage]) -> list[Metric]:
    memory = GaugeMetricFamily("station_process_memory_bytes", "Resident memory.", labels=["process"])
    cpu = GaugeMetricFamily("station_process_cpu_percent", "Of one processor, since the last look.", labels=["process"])
    for one in usage:
        memory.add_metric([one.name], one.memory_bytes)
        cpu.add_metric([one.name], one.cpu_percent)
    return [memory, cpu]


def _counted(totals: Totals) -> list[Metric]:
    completed = CounterMetricFamily(
        "station_sequences_completed", "Runs that ended: pass, fail, error or aborted.", labels=["batch", "result"]
    )
    for batch, results in totals.sequences.items():
        for result, count in results.items():
            completed.add_metric([batch, result], count)
    errors = CounterMetricFamily("station_errors", "What went wrong, by code.", labels=["type"])
    for kind, count in totals.errors.items():
        errors.add_metric([kind], count)
    pipelines = CounterMetricFamily(
        "pipeline_executions", "Runs by sequence: success (it came to its end), error or aborted.",
        labels=["pipeline_id", "status"],
    )  # fmt: skip
    for sequence, statuses in totals.pipelines.items():
        for status, count in statuses.items():
            pipelines.add_metric([sequence, status], count)
    return [
        completed,
        _histogram("station_sequence_duration_seconds", "How long runs took.", "batch", totals.run_seconds,
                   RUN_BUCKETS),
        _histogram("station_step_duration_seconds", "How long attempts of steps took.", "batch", totals.step_seconds,
                   STEP_BUCKETS),
        errors,
        pipelines,
        _histogram("pipeline_execution_duration_seconds", "How long runs took.", "pipeline_id",
                   totals.pipeline_seconds, RUN_BUCKETS),
    ]  # fmt: skip


def _gauge(name: str, text: str, value: float | None) -> Metric:
    return GaugeMetricFamily(name, text, value=float("nan") if value is None else float(value))


def _histogram(name: str, text: str, label: str, spreads: Mapping[str, Spread], buckets: tuple[float, ...]) -> Metric:
    family = HistogramMetricFamily(name, text, labels=[label])
    edges = [f"{edge:g}" for edge in buckets] + ["+Inf"]
    for name_, spread in spreads.items():
        family.add_metric([name_], list(zip(edges, accumulate(spread.counts), strict=True)), spread.sum)
    return family
