"""The only place that builds workers, activities and what they stand on."""

import os
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, NoReturn

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError
from temporalio.worker import PollerBehaviorSimpleMaximum, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.execution import Execution
from activities.feed import LiveFeed
from activities.hardware import Hardware, SlotSettings, SlotStores
from activities.live import LiveSteps
from activities.manual import ManualControl, ManualRecording
from activities.mes import MesActivities
from activities.prompts import PromptRecording
from activities.recording import Recording
from activities.sharing import Sharing
from activities.steering import SteeringRecords
from activities.supervision import BatchProcesses, Supervision
from station.config.calibration import labels
from station.config.model import StationConfig
from station.contracts.names import batch_queue, engine_queue, run_workflow_id, supervisor_queue
from station.control.layout import Layout
from station.domain.clock import Clock, SystemClock
from station.execution.files import FileStore
from station.execution.sharing import SharedLocks
from station.execution.store import PackageStore
from station.mes.client import MesClient
from station.storage.audit import Audit
from station.storage.batches import Batches
from station.storage.database import Database
from station.storage.journal import Journal
from station.storage.logs import Logs
from station.storage.manual import ManualNotes
from station.storage.prompts import Prompts
from station.storage.queue import SyncQueue
from station.storage.runs import Runs
from station.storage.steering import Steering
from worker import roles
from worker.failures import OwnCodes
from workflows.delivery import Delivery
from workflows.manual import ManualSession
from workflows.run import StationRun

WORKFLOWS: Sequence[type] = (StationRun, Delivery, ManualSession)

_RUN_LOOKUP_WITHIN = timedelta(seconds=5)
"""An engine that does not answer at all must not keep a session open whose run may be gone."""

_RUNNER = SandboxedWorkflowRunner(
    # Both rooms are without side effects, and classes made twice would not be equal to themselves.
    restrictions=SandboxRestrictions.default.with_passthrough_modules("station.domain", "station.contracts")
)


def mes_activities(client: Client, config: StationConfig, mes: MesClient, database: Database) -> MesActivities:
    """Build what tells the MES."""
    return MesActivities(mes, SyncQueue(database), client, config.station.id, SystemClock().now)


def engine_worker(
    client: Client, config: StationConfig, database: Database, telling: MesActivities | None = None
) -> Worker:
    """Build the worker that interprets runs, records what they decide, and tells the MES, where there is one."""
    recording = Recording(Runs(database), Journal(database), Batches(database), Audit(database))
    steering = SteeringRecords(Steering(database))
    by_hand = ManualRecording(ManualNotes(database), Batches(database))
    asking = PromptRecording(Prompts(database))
    to_mes: list[Callable[..., Any]] = []
    if telling is not None:
        to_mes = [telling.submit_to_mes, telling.deliver, telling.record_decision]
    return _worker(
        client,
        engine_queue(config.station.id),
        roles.ENGINE,
        workflows=WORKFLOWS,
        activities=[
            recording.record_accepted,
            recording.record_state,
            recording.record_recovery,
            recording.record_result,
            recording.record_deed,
            by_hand.record_manual,
            by_hand.look_at_session,
            recording.probe,
            steering.record_skipped,
            steering.record_going_back,
            asking.record_prompt,
            asking.record_prompt_end,
            asking.record_step_end,
            *to_mes,
        ],
    )


def slot(
    connected: Callable[[], Awaitable[Client]],
    config: StationConfig,
    layout: Layout,
    database: Database,
    batch_id: str,
    clock: Clock,
    end_process: Callable[[int], NoReturn],
) -> Execution:
    """Build what runs steps on one batch's hardware; the engine need not be there yet (`connected` waits for it)."""
    batch = config.batch(batch_id)
    live = LiveSteps(config.execution.heartbeat_interval)
    hardware = Hardware(
        settings=SlotSettings(
            batch=batch.id,
            hardware=batch.instruments,
            pid=os.getpid(),
            lease=config.execution.session_lease,
            shared=batch.shared,
            labels=labels(batch.hardware),
        ),
        stores=SlotStores(
            journal=Journal(database),
            runs=Runs(database),
            batches=Batches(database),
            packages=PackageStore(layout.packages),
            files=FileStore(layout.files),
        ),
        live=live,
        feed=LiveFeed(Logs(database), batch.id),
        clock=clock,
        new_token=lambda: secrets.token_hex(16),
        is_run_open=_run_lookup(connected, config.station.id, batch.id),
        locks=SharedLocks(layout.shared_lock, batch.id, os.getpid()),
    )
    return Execution(hardware, end_process)


def batch_worker(client: Client, config: StationConfig, batch_id: str, execution: Execution) -> Worker:
    """Build the worker that polls one batch's queue."""
    by_hand = ManualControl(execution.hardware, execution.end_process)
    sharing = Sharing(execution.hardware)
    return _worker(
        client,
        batch_queue(config.station.id, batch_id),
        roles.BATCH,
        activities=[
            execution.hardware.open_session,
            execution.hardware.reconnect,
            execution.hardware.close_session,
            sharing.acquire,
            sharing.release,
            execution.run_step,
            execution.cleanup,
            execution.reconcile,
            by_hand.manual_command,
            by_hand.manual_step,
            by_hand.manual_safe,
            by_hand.manual_watch,
        ],
        graceful_shutdown=config.execution.grace_period,
    )


def supervisor_worker(client: Client, config: StationConfig, processes: BatchProcesses) -> Worker:
    """Build the worker through which batch processes are commanded."""
    supervision = Supervision(processes)
    return _worker(
        client, supervisor_queue(config.station.id), roles.SUPERVISOR, activities=[supervision.batch_command]
    )


def _worker(
    client: Client,
    queue: str,
    limits: roles.RoleLimits,
    *,
    activities: Sequence[Callable[..., Any]],
    workflows: Sequence[type] = (),
    graceful_shutdown: timedelta | None = None,
) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        workflows=workflows,
        activities=activities,
        workflow_runner=_RUNNER,
        interceptors=[OwnCodes()],
        build_id="station",
        identity=client.identity,
        max_concurrent_activities=limits.activities,
        max_concurrent_workflow_tasks=limits.workflow_tasks or None,
        max_cached_workflows=limits.cached_workflows,
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(limits.pollers),
        workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(max(2, limits.pollers)),
        sticky_queue_schedule_to_start_timeout=limits.sticky_timeout,
        # How soon a wish to stop reaches a step: it comes with the answer to a heartbeat.
        max_heartbeat_throttle_interval=timedelta(seconds=1),
        default_heartbeat_throttle_interval=timedelta(seconds=1),
        graceful_shutdown_timeout=limits.graceful_shutdown if graceful_shutdown is None else graceful_shutdown,
        disable_eager_activity_execution=True,
    )


def _run_lookup(
    connected: Callable[[], Awaitable[Client]], station: str, batch: str
) -> Callable[[str], Awaitable[bool | None]]:
    async def is_run_open(run_id: str) -> bool | None:
        client = await connected()
        try:
            found = await client.get_workflow_handle(run_workflow_id(station, batch)).describe(
                rpc_timeout=_RUN_LOOKUP_WITHIN
            )
        except RPCError:
            return None
        memo_id = await found.memo_value("run_id", default="")
        return found.status is WorkflowExecutionStatus.RUNNING and memo_id == run_id

    return is_run_open
