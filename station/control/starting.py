"""Starts a run: its version of the package found, the plan pinned, the slot taken, or the refusal written down."""

import asyncio
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue
from temporalio.client import Client
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from station.config.model import BatchConfig, ErrorHandlingSection, StationConfig
from station.contracts import search
from station.contracts.barrier import Barrier
from station.contracts.messages import RunInput
from station.contracts.names import engine_queue, run_workflow_id
from station.contracts.run import RunContract
from station.control.connect import address_of
from station.control.layout import Layout
from station.control.slot import HELD_BY, slot_taken
from station.domain.delivery import Disposition, MesPlan
from station.domain.errors import BatchBusyError, CommandRefusedError, EngineError, ParameterError, StationError
from station.domain.ids import new_id
from station.domain.outcome import RunState
from station.domain.plan import (
    HardwarePolicy,
    OnHardwareFailure,
    PackageRef,
    Plan,
    RecoveryMode,
    RetryPlan,
    RunPolicy,
    Severity,
)
from station.domain.run import RunReason, UnitUnderTest
from station.execution.planning import make_plan
from station.execution.store import PackageStore
from station.storage.runs import Runs

TASK_TIMEOUT = timedelta(seconds=5)
"""How long the engine may think about one event; after this another one, or the same anew, takes over."""

CLOSING_TIME = timedelta(seconds=15)
"""A run's result is there a few milliseconds before its workflow closes, and an operator's next scan may be faster;
where the engine dies in between, it closes when the next one has taken over."""

_SEVERITY = {"retry": Severity.RECOVERABLE, "abort": Severity.CRITICAL, "continue": Severity.WARNING}


async def start_run(
    client: Client,
    config: StationConfig,
    layout: Layout,
    runs: Runs,
    *,
    batch_id: str,
    unit: UnitUnderTest,
    parameters: Mapping[str, JsonValue],
    started_by: str,
    without_mes: bool = False,
    barrier: Barrier | None = None,
    run_id: str | None = None,
) -> str:
    """Start a run on a batch's slot.

    Args:
        client: Connected to the station's Temporal server.
        config: The station's configuration.
        layout: Where the station keeps its files.
        runs: Where a refusal is written.
        batch_id: The batch.
        unit: What is on the bench.
        parameters: Parameters that differ from the batch's own and the package's defaults.
        started_by: Who asks for it.
        without_mes: Whether the MES is not told of this run, although there is one.
        barrier: Where it meets other runs.
        run_id: The run's id, for a caller who may ask twice: a run that was accepted or refused is not started again.
            None: a new run.

    Returns:
        The run's id.

    Raises:
        EngineError: If the Temporal server does not take the run; nobody knows whether it began.
        StationError: If the slot is taken, or the batch, its package or the parameters are refused; every refusal has
            a row.
    """
    batch = config.batch(batch_id)
    now = datetime.now(UTC)
    fresh = run_id is None
    if run_id is None:
        run_id = new_id(now, secrets.token_bytes(10))
    elif await _is_known(runs, run_id):
        return run_id
    if unit.process is None and batch.process is not None:
        unit = unit.model_copy(update={"process": batch.process})
    try:
        if (quarantine := await runs.quarantine_of(batch.id)) is not None:
            raise quarantine.refusal(batch.id)
        mes = None if without_mes else mes_plan_for(config, unit)
        chosen = await runs.chosen_package(batch.id, batch.sequence_package)
        plan = await asyncio.to_thread(plan_for, config, layout, batch, parameters, chosen)
        request = RunInput(
            run_id=run_id,
            station=config.station.id,
            batch=batch.id,
            plan=plan,
            unit=unit,
            started_by=started_by,
            accepted_at=now,
            mes=mes,
            barrier=barrier,
        )
        await _take_slot(client, config, batch, request, runs, fresh=fresh)
    except StationError as error:
        reason = RunReason(code=error.code, message=error.message)
        await runs.refuse(run_id, batch.id, batch.sequence_package, unit, reason, now)
        raise
    except RPCError as error:
        # No row: the server may have begun the run and not been able to say so, and then the row is the run's own.
        msg = (
            f"The Temporal server at {address_of(config)} did not take the run of {batch.id}: {error.message}. "
            f"`station status` tells whether it began all the same."
        )
        raise EngineError(msg, batch=batch.id, run_id=run_id) from error
    return run_id


async def _is_known(runs: Runs, run_id: str) -> bool:
    """Whether a run was accepted.

    Raises:
        CommandRefusedError: If it was refused; it says why, as it did then.
    """
    known = await runs.get(run_id)
    if known is not None and known.refused and known.reason is not None:
        raise CommandRefusedError(known.reason.code, known.reason.message, run_id=run_id)
    return known is not None


def mes_plan_for(config: StationConfig, unit: UnitUnderTest) -> MesPlan | None:
    """Decide how the MES is told of a run; None: there is no MES.

    Raises:
        ParameterError: If something is missing without which the MES cannot be told; the message lists all of it.
    """
    backend = config.backend
    if not backend.url:
        return None
    problems, missing = [], []
    if not unit.wip:
        missing.append("wip_id")
        problems.append("wip is missing: scan the unit's label")
    elif re.fullmatch(backend.wip_pattern, unit.wip) is None:
        problems.append(f"wip {unit.wip!r} does not look like one (backend.wip_pattern is {backend.wip_pattern})")
    if unit.process is None:
        missing.append("process_id")
        problems.append("process is missing: which MES process is this? (batches[].process sets it for good)")
    if not unit.operator:
        missing.append("operator_id")
        problems.append("operator is missing: the operator's number in the MES")
    elif not is_operator_number(unit.operator):
        problems.append(f"operator must be the operator's number in the MES, not {unit.operator!r}")
    if problems:
        # The documented words come first.
        lacking = f"Missing required parameters: {', '.join(missing)}. " if missing else ""
        msg = f"{lacking}The MES must be told of this run: {'; '.join(problems)}. Or switch the MES off for this run."
        raise ParameterError(msg, problems=problems, missing=missing)
    return MesPlan(
        online_wait=backend.online_wait,
        auto_convert=backend.auto_convert,
        on_error=Disposition(backend.on_error),
        on_abort=Disposition(backend.on_abort),
    )


def is_operator_number(text: str) -> bool:
    """Whether the MES can take it for an operator: a whole number from 1."""
    return text.isascii() and text.isdecimal() and int(text) > 0


def plan_for(
    config: StationConfig,
    layout: Layout,
    batch: BatchConfig,
    parameters: Mapping[str, JsonValue],
    chosen: PackageRef | None,
) -> Plan:
    """Pin a plan for a batch; a StationError passes through. None of the package's code runs in this process.

    Args:
        config: The station's configuration.
        layout: Where the station keeps its files.
        batch: The batch.
        parameters: Parameters that differ from the batch's own and the package's defaults.
        chosen: The version somebody chose for the batch; None: its folder is published as it is now.
    """
    store = PackageStore(layout.packages)
    package = store.version(chosen or store.publish(layout.base / batch.sequence_package))
    errors = config.error_handling
    plan = make_plan(
        package,
        {**batch.parameters, **parameters},
        RunPolicy(
            recovery_mode=RecoveryMode(errors.process_errors.recovery_mode),
            default_severity=_SEVERITY[errors.step_errors.default_action],
            timeout_sequence=batch.resource_limits.timeout_sequence,
            heartbeat_timeout=config.execution.heartbeat_timeout,
            grace_period=config.execution.grace_period,
            hardware_errors=_hardware(errors),
        ),
        timeout_step=batch.resource_limits.timeout_step,
        retry=_retry(errors),
    )
    used = package.manifest.hardware
    return plan.model_copy(update={"shared": {name: said for name, said in batch.shared.items() if name in used}})


def _hardware(errors: ErrorHandlingSection) -> HardwarePolicy:
    hardware = errors.hardware_errors
    return HardwarePolicy(
        attempts=hardware.reconnect_attempts,
        delay=hardware.reconnect_delay,
        on_failure=OnHardwareFailure(hardware.on_failure),
    )


def _retry(errors: ErrorHandlingSection) -> RetryPlan:
    step = errors.step_errors
    return RetryPlan(retries=step.max_retries, backoff=step.backoff, backoff_max=step.backoff_max)


async def _take_slot(
    client: Client, config: StationConfig, batch: BatchConfig, request: RunInput, runs: Runs, *, fresh: bool
) -> None:
    """Start the workflow, and wait out one that has written its result and is about to close.

    Raises:
        BatchBusyError: If the slot has a run or a manual session.
    """
    give_up = asyncio.get_running_loop().time() + CLOSING_TIME.total_seconds()
    while True:
        try:
            # Looked at last of all: while its plan was made, the same run may have been started, and have ended. One
            # whose id was made just now is known to nobody else.
            if fresh or not await _is_known(runs, request.run_id):
                await _start_workflow(client, config, batch, request)
            return
        except BatchBusyError as error:
            if error.facts.get("run_id") == request.run_id:
                return
            if error.facts.get("manual"):
                raise
            busy = any(run.batch == batch.id for run in await runs.open_runs(plans=False))
            if busy or asyncio.get_running_loop().time() > give_up:
                raise
        await asyncio.sleep(0.02)


async def _start_workflow(client: Client, config: StationConfig, batch: BatchConfig, request: RunInput) -> None:
    package, unit = request.plan.package, request.unit
    name = unit.wip or "no WIP"
    try:
        await client.start_workflow(
            RunContract.run,
            request,
            id=run_workflow_id(request.station, request.batch),
            task_queue=engine_queue(request.station),
            # One open workflow for the slot: this is the lock on its hardware.
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            task_timeout=TASK_TIMEOUT,
            memo={"run_id": request.run_id, HELD_BY: request.started_by},
            static_summary=f"{name} · {package.name} {package.version} · {batch.name}"[:200],
            static_details=_details(config, batch, request),
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(search.STATION, request.station),
                    SearchAttributePair(search.BATCH, request.batch),
                    SearchAttributePair(search.RUN, request.run_id),
                    SearchAttributePair(search.WIP, unit.wip or ""),
                    SearchAttributePair(search.SEQUENCE, package.name),
                    SearchAttributePair(search.STATE, RunState.ACCEPTED.value),
                ]
            ),
        )
    except WorkflowAlreadyStartedError as error:
        raise await slot_taken(client, config, batch.id) from error


def _details(config: StationConfig, batch: BatchConfig, request: RunInput) -> str:
    unit, package = request.unit, request.plan.package
    rows = {
        "run": request.run_id,
        "station": f"{config.station.name} ({config.station.id})",
        "batch": f"{batch.name} ({batch.id})",
        "unit": unit.wip or "without MES",
        "process": unit.process or "",
        "operator": unit.operator or "",
        "sequence": f"{package.name} {package.version} · {package.content_hash[:12]}",
        "parameters": ", ".join(f"{name} = {value}" for name, value in request.plan.parameters.items()),
        "started by": request.started_by,
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in rows.items() if value)])
