"""What is said of runs that are kept, in the documented words and ours."""

from datetime import date, datetime
from typing import Literal, Self

from pydantic import BaseModel, Field, JsonValue

from api.schemas.audit import AuditEntry
from api.schemas.common import Asked, Text, Time
from api.schemas.in_seconds import OpenPrompt, Plan, told
from station.control.owed import OwedEntry
from station.domain.measurement import Limit, Measurement, describe_limit
from station.domain.outcome import Outcome, RunState, StepState
from station.domain.prompt import Answer
from station.domain.run import Attachment, RunReason, StepFault
from station.storage.events import Event
from station.storage.history import RunFilter
from station.storage.prompts import PromptRecord
from station.storage.run_rows import RunRecord
from station.storage.steps import StepRecord

Verdict = Literal["PASSED", "FAILED", "ERROR", "ABORTED"]
Status = Literal["running", "completed", "failed", "stopped"]


class RunsAsked(Asked):
    """Which runs; what is left out does not narrow.

    Attributes:
        wip_prefix: What the WIP begins with.
        outcome: Any of these; may be given several times.
        failed_step: A step that ended FAILED or ERROR, in a run that is over.
        defect: A defect's code, in a run that is over.
        refused: true: refused starts only; false: none of them.
        synced: true: the MES has been told everything; false: something is still owed to it. Runs of which it is
            never told are neither.
        since: Accepted then or later.
        until: Accepted before.
    """

    batch_id: Text | None = None
    wip_id: Text | None = None
    wip_prefix: Text | None = None
    sequence_name: Text | None = None
    sequence_version: Text | None = None
    outcome: list[Verdict] = Field(default=[], max_length=4)
    status: Status | None = None
    process_id: int | None = Field(default=None, ge=1, le=2_147_483_647)
    operator_id: Text | None = None
    failed_step: Text | None = None
    defect: Text | None = None
    refused: bool | None = None
    synced: bool | None = None
    since: Time | None = None
    until: Time | None = None

    def filter(self) -> RunFilter:
        """Translate what is asked."""
        return RunFilter(
            batch=self.batch_id,
            outcomes=tuple(Outcome(outcome) for outcome in self.outcome),
            sequence=self.sequence_name,
            version=self.sequence_version,
            wip=self.wip_id,
            wip_prefix=self.wip_prefix,
            process=self.process_id,
            operator=self.operator_id,
            status=self.status,
            failed_step=self.failed_step,
            defect=self.defect,
            synced=self.synced,
            refused=self.refused,
            since=self.since,
            until=self.until,
        )


class RunsPageAsked(RunsAsked):
    """Which runs, and which page of them.

    Attributes:
        limit: At most so many.
        cursor: `next_cursor` of the page before.
    """

    limit: int = Field(default=50, ge=1, le=500)
    cursor: str | None = Field(default=None, max_length=300)


class ExportAsked(RunsAsked):
    """Which runs, and how they are written.

    Attributes:
        bom: Whether the CSV begins with a byte order mark, from which Excel knows that it is UTF-8.
    """

    format: Literal["csv", "json"] = "csv"
    bom: bool = False


class RunSummary(BaseModel):
    """A run, from the moment it was accepted; or a start that was refused.

    Attributes:
        status: The documented word; `outcome` says more.
        outcome: PASSED, FAILED: the unit is bad; ERROR: the station is; ABORTED: nobody knows. null while it goes on.
        refused: Whether it was never accepted; `reason` says why.
        round: Counts the times the run began at its first step.
        recoveries: How often it went on after it was cut off.
        hardware_safe: false where the safe state could not be confirmed.
        duration: Seconds of the test's own, without waiting for answers; null while it goes on.
        synced_at: When the MES had been told everything.
    """

    execution_id: str
    batch_id: str
    sequence_name: str
    sequence_version: str
    content_hash: str
    wip_id: str | None
    process_id: int | None
    operator_id: str | None
    state: RunState
    status: str
    outcome: Outcome | None
    reason: RunReason | None
    refused: bool
    parameters: dict[str, JsonValue]
    defects: list[str]
    round: int
    recoveries: int
    hardware_safe: bool
    accepted_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    synced_at: datetime | None
    duration: float | None

    @classmethod
    def of(cls, run: RunRecord) -> Self:
        """Translate a run."""
        return cls(
            execution_id=run.run_id,
            batch_id=run.batch,
            sequence_name=run.package.name,
            sequence_version=run.package.version,
            content_hash=run.package.content_hash,
            wip_id=run.unit.wip,
            process_id=run.unit.process,
            operator_id=run.unit.operator,
            state=run.state,
            status=run.status,
            outcome=run.outcome,
            reason=run.reason,
            refused=run.refused,
            parameters=run.parameters,
            defects=list(run.defects),
            round=run.round,
            recoveries=run.recoveries,
            hardware_safe=run.hardware_safe,
            accepted_at=run.accepted_at,
            started_at=run.started_at,
            completed_at=run.completed_at,
            synced_at=run.synced_at,
            duration=run.duration_s,
        )


class RunsPage(BaseModel):
    """A page of runs, newest first.

    Attributes:
        next_cursor: For the next page; null: this is the last one.
    """

    items: list[RunSummary]
    next_cursor: str | None


class MeasurementView(BaseModel):
    """One measured value and its verdict.

    Attributes:
        limit: What it was judged against.
        limit_text: The same as people read it.
        by: Who said so, where a person answered.
        at: When the person answered.
    """

    name: str
    value: JsonValue
    unit: str
    limit: Limit | None
    limit_text: str
    outcome: Outcome
    by: str
    at: datetime | None

    @classmethod
    def of(cls, measurement: Measurement) -> Self:
        """Translate a measurement."""
        return cls(
            name=measurement.name,
            value=measurement.value,
            unit=measurement.unit,
            limit=measurement.limit,
            limit_text=describe_limit(measurement.limit),
            outcome=measurement.outcome,
            by=measurement.by,
            at=measurement.at,
        )


class StepRow(BaseModel):
    """One attempt of a step.

    Attributes:
        status: running, completed, failed, skipped or interrupted.
        elapsed: Seconds it took while the station had power.
        given_up: Whether the run went back behind it: then it is history and does not count.
        result: What the step returned.
        attachments: Files it kept; `/api/results/{execution_id}/attachments/{sha256}` has each.
    """

    step_name: str
    step_index: int
    attempt: int
    round: int
    status: StepState
    outcome: Outcome | None
    started_at: datetime
    completed_at: datetime | None
    elapsed: float
    given_up: bool
    fault: StepFault | None
    defects: list[str]
    measurements: list[MeasurementView]
    attachments: list[Attachment]
    result: dict[str, JsonValue]

    @classmethod
    def of(cls, step: StepRecord) -> Self:
        """Translate an attempt."""
        found = step.result
        return cls(
            step_name=step.key.step,
            step_index=step.index,
            attempt=step.key.attempt,
            round=step.round,
            status=step.status,
            outcome=found.report.outcome if found else None,
            started_at=step.started_at,
            completed_at=step.completed_at,
            elapsed=step.elapsed.total_seconds(),
            given_up=step.given_up,
            fault=step.fault,
            defects=list(found.report.defects) if found else [],
            measurements=[MeasurementView.of(one) for one in found.measurements] if found else [],
            attachments=list(found.attachments) if found else [],
            result=found.values if found else {},
        )


class PromptRow(BaseModel):
    """What a run asked, and what it was answered.

    Attributes:
        state: open, answered, timed_out or withdrawn.
    """

    asked: OpenPrompt
    state: str
    answer: Answer | None
    closed_at: datetime | None

    @classmethod
    def of(cls, prompt: PromptRecord) -> Self:
        """Translate a prompt."""
        return cls(
            asked=told(OpenPrompt, prompt.asked), state=prompt.state, answer=prompt.answer, closed_at=prompt.closed_at
        )


class InstrumentRow(BaseModel):
    """An instrument a run was done with.

    Attributes:
        driver: The driver's class.
        identity: The instrument's own words, such as maker, model and serial number; empty where it gives none.
        serial_number: As the configuration said when the run was done; empty: it said none.
        calibrated_until: The last day of its calibration, as the configuration said then; null: it said none.
    """

    name: str
    driver: str
    identity: str
    serial_number: str = ""
    calibrated_until: date | None = None


class RunDetail(RunSummary):
    """Everything that is kept of a run.

    Attributes:
        serial_number: What the unit's WIP was converted to with this run; null where it was not.
        instruments: The instruments it was done with, by name.
        workflow_id: Of the run in Temporal; null for a refused start.
        temporal_run_id: The latest execution of that workflow; null before it began.
        plan: What was decided before it started; null for a refused start.
        steps: Every attempt of every step, by position and attempt.
        prompts: What it asked, oldest first.
        mes: What the MES is told of it, in order.
        audit: What people did to it, oldest first.
    """

    serial_number: str | None = None
    instruments: list[InstrumentRow] = []
    workflow_id: str | None = None
    temporal_run_id: str | None = None
    plan: Plan | None = None
    steps: list[StepRow] = []
    prompts: list[PromptRow] = []
    mes: list[OwedEntry] = []
    audit: list[AuditEntry] = []


class EventRow(BaseModel):
    """A live event of a run; what its data holds is in docs/reference/events.md."""

    id: int
    time: datetime
    batch_id: str | None
    execution_id: str | None
    type: str
    data: dict[str, JsonValue]

    @classmethod
    def of(cls, event: Event) -> Self:
        """Translate an event."""
        return cls(
            id=event.id,
            time=event.time,
            batch_id=event.batch,
            execution_id=event.run_id,
            type=event.type,
            data=event.data,
        )


class EventsPage(BaseModel):
    """Events of a run, oldest first.

    Attributes:
        next_after: `after` of the next page; null: there is no more now.
    """

    items: list[EventRow]
    next_after: int | None
