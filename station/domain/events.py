"""The kinds of live events, and what each one's `data` holds.

Every event also carries its id, its time, its batch and, where it is about a run, the run's id.
Durations are seconds, times are ISO 8601 in UTC, outcomes and states are the words of `station.domain.outcome`.
"""

from enum import StrEnum


class EventType(StrEnum):
    """What an event announces; the names are those of the WebSocket's messages."""

    RUN_ACCEPTED = "run_accepted"
    """A run has its row. {sequence, version, wip, process, operator, steps: number of steps}"""
    RUN_REFUSED = "run_refused"
    """A start was refused. {sequence, wip, reason: {code, message, step}}"""
    RUN_RECOVERED = "run_recovered"
    """A run goes on after it was cut off. {recoveries: how often so far, reason}"""
    RUN_WENT_BACK = "run_went_back"
    """Attempts no longer count: their steps are done again. {step, given_up: last attempt by step, by, reason}"""
    BATCH_STATUS = "batch_status"
    """What the batch or its run does has changed; only what changed is there.

    Of a run: {state: RunState, waiting_for, waiting: {code, params, text} or null, round, ...details}.
    Of the batch's process: {process_state, desired, pid, restarts, alert, exit, hardware_safe, rss_bytes, cpu_percent}.
    Of the slot: {quarantine: why it takes no run, empty once it does again; quarantined_at,
    quarantine_notice: {code, params, text}}.
    """
    STEP_START = "step_start"
    """An attempt, or a further segment of it, begins; what the run waited for is over.

    {step, index, attempt, segment}
    """
    STEP_PROGRESS = "step_progress"
    """A long step ended a segment, or a step told how far it is.

    After a segment: {step, index, attempt, segments_done, elapsed_s}; otherwise what the step's report holds.
    """
    MEASUREMENT = "measurement"
    """A value was judged while its step goes on. {step, name, value, unit, limit: as people read it, outcome}"""
    STEP_COMPLETE = "step_complete"
    """An attempt has its result.

    {step, index, attempt, outcome, elapsed_s, measurements: [{name, value, unit, limit, outcome}], defects, fault};
    a measurement that a person answered also has {by}.
    """
    STEP_INTERRUPTED = "step_interrupted"
    """An attempt was cut off; nobody knows what it did. {step, index, attempt, reason}"""
    SEQUENCE_COMPLETE = "sequence_complete"
    """The run is over. {result: RunResult}"""
    LOG = "log"
    """A line was logged. {level, message, step, data}"""
    ERROR = "error"
    """Something about the batch needs attention. {error: one sentence, ...details}"""
    PROMPT = "prompt"
    """The run asks a person. {prompt: its id, step, asked: the Prompt, until}"""
    PROMPT_ANSWERED = "prompt_answered"
    """A question has its one answer. {prompt: its id, step, answer: by field, actor: who, or `timeout`}"""
    PROMPT_CLOSED = "prompt_closed"
    """A question needs no answer any more. {prompt: its id, step, state: timed_out or withdrawn}"""
    MANUAL = "manual"
    """Something was done by hand; the run's id is the manual session's.

    {state: ManualState, action: open, command, step, safe or close, by, reason, ...what the audit has of it}
    """
    CALL = "call"
    """Somebody is called to the station, or comes. {call_id, reason: CallReason, state: CallState, by}"""
    DELIVERY = "delivery"
    """What is owed to the MES has moved.

    {item_id, action, wip, state, retry_count, last_error}; once delivered also {wip_status, serial}, where told.
    """
