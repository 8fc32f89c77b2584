"""A slot in somebody's hand: one thing at a time, each at most once, and safe again whoever is gone."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from station.config.model import StationConfig
from station.contracts.manual import CommandOutcome, ManualContract, SessionLook
from station.contracts.messages import ClosedSession, Instrument, OpenedSession, StopRequest
from station.control import commands
from station.domain.errors import BatchNotRunningError
from station.domain.manual import ManualState
from station.domain.outcome import Outcome
from station.domain.prompt import Prompt
from station.domain.run import StepFault
from tests.workflows.fakes import breaks, cannot_open, dies
from tests.workflows.hand_stage import (
    FakeHandSlot,
    HandStage,
    do_step,
    in_state,
    leave,
    look,
    make_safe,
    over,
    refusal,
    tell,
    until_cut_off,
)
from tests.workflows.stage import BATCH, connect, details, until

SOON = timedelta(seconds=0.4)
SESSION_LOST = SessionLook(owned=True, safe=False)


@pytest.fixture
async def stage(server: str) -> HandStage:
    return HandStage(await connect(server))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The policies' pauses are for people; here nobody is."""
    monkeypatch.setattr("workflows.policies.MANUAL_PROCESS_WITHIN", SOON)
    monkeypatch.setattr("workflows.policies.LOOKS_AFTER_LOSS", (timedelta(milliseconds=10),) * 2)


def lost(kind: str, message: str = "gone") -> ApplicationError:
    return ApplicationError(message, type=kind, non_retryable=True)


def raises(error: Exception) -> "asyncio.Future[CommandOutcome]":
    async def scene(_slot: FakeHandSlot) -> CommandOutcome:
        raise error

    return scene  # type: ignore[return-value]


# The ordinary way


async def test_it_is_written_down_before_anything_moves_and_everything_is_in_the_audit(stage: HandStage) -> None:
    stage.slot.opening = [lambda: OpenedSession(token="t", instruments=[Instrument(name="dmm", identity="DMM 1")])]  # noqa: S106
    async with stage.engine(), stage.process():
        handle = await stage.open()
        opened = await look(handle)
        answer = await tell(handle, channel=2)
        after = await look(handle)
        shown = await details(handle)
        end = await leave(handle)

    assert opened.instruments == {"dmm": "DMM 1"}
    assert opened.expires is not None
    assert opened.idle_until == opened.expires
    assert stage.slot.calls == ["open manual", "dmm.measure", "close"]
    assert (answer.value, answer.fault, answer.elapsed) == (1.5, None, timedelta(seconds=0.1))
    assert after.last == [answer]
    assert "| dmm.measure | 1.5 |" in shown
    assert stage.notes.told == ["kim: manual open", "kim: command", "kim: manual close"]
    assert stage.notes.notes[1].deed.data["arguments"] == {"channel": 2}
    assert stage.notes.notes[2].unsafe == ""
    assert (end.by, end.reason, end.safe) == ("kim", "left", True)


async def test_what_only_a_run_can_do_is_refused_in_words(stage: HandStage) -> None:
    batch = {"id": BATCH, "sequence_package": "sequences/pcb_test"}
    config = StationConfig.model_validate({"station": {"id": stage.station, "name": "T"}, "batches": [batch]})
    async with stage.engine(), stage.process():
        handle = await stage.open()
        with pytest.raises(BatchNotRunningError, match="somebody has it in hand"):
            await commands.pause_run(stage.client, config, BATCH, by="lee")
        await leave(handle)


async def test_a_step_is_run_with_its_own_parameters_and_counted(stage: HandStage) -> None:
    async with stage.engine(), stage.process():
        handle = await stage.open(single_steps=True)
        await do_step(handle)
        answer = await do_step(handle, volts=11.5)
        names = (await look(handle)).steps
        await leave(handle)

    assert stage.slot.calls == ["open steps", "step rails:1", "step rails:2", "close"]
    assert stage.slot.requests[1].parameters == {"volts": 11.5}
    assert answer.report is not None
    assert (answer.report.outcome, answer.value, answer.measurements[0].name) == (Outcome.PASSED, {"a": 1}, "rail")
    assert stage.notes.notes[2].deed.data["outcome"] == "PASSED"
    assert names == ["rails", "off"]


async def test_a_step_that_asks_somebody_has_not_passed(stage: HandStage) -> None:
    stage.slot.prompt = Prompt(message="Is the LED on?")
    async with stage.engine(), stage.process():
        handle = await stage.open(single_steps=True)
        answer = await do_step(handle)
        await leave(handle)

    assert answer.fault == StepFault(
        code="STEP_ASKS", message="The step asks “Is the LED on?”; only a run waits for an answer."
    )


@pytest.mark.parametrize(
    ("safe", "fault"),
    [
        (ClosedSession(), None),
        (
            ClosedSession(safe=False, problems=["power is gone"]),
            StepFault(code="HARDWARE_NOT_SAFE", message="power is gone"),
        ),
    ],
)
async def test_anybody_may_make_safe_and_the_session_stays(
    stage: HandStage, safe: ClosedSession, fault: StepFault | None
) -> None:
    stage.slot.safe = [lambda: safe]
    async with stage.engine(), stage.process():
        handle = await stage.open()
        answer = await make_safe(handle, by="lee")
        still = (await look(handle)).state
        await leave(handle)

    assert (answer.fault, still) == (fault, ManualState.OPEN)
    assert stage.notes.notes[1].deed.reason == "hand in the fixture"


async def test_the_history_is_cut_and_the_session_notices_nothing(stage: HandStage) -> None:
    async with stage.engine(), stage.process():
        handle = await stage.open()
        first = (await handle.describe()).run_id
        for channel in range(1, 5):
            await tell(handle, channel=channel)
        give_up = asyncio.get_running_loop().time() + 20
        while (await stage.client.get_workflow_handle(handle.id).describe()).run_id == first:
            assert asyncio.get_running_loop().time() < give_up
            await tell(stage.client.get_workflow_handle_for(ManualContract.run, handle.id), channel=1)
        again = stage.client.get_workflow_handle_for(ManualContract.run, handle.id)
        status = await in_state(again, ManualState.OPEN)
        end = await leave(again)

    assert stage.slot.calls.count("open manual") == 1
    assert len(status.last) >= 4
    assert end.safe
    assert len({note.deed.id for note in stage.notes.notes}) == len(stage.notes.notes)


# Refusals


async def test_what_is_not_allowed_is_refused_and_nothing_of_it_is_done(stage: HandStage) -> None:
    async with stage.engine(), stage.process():
        handle = await stage.open()
        answers = [
            await refusal(tell(handle, channel=9)),
            await refusal(tell(handle, "dmm.measur")),
            await refusal(tell(handle, by="lee", channel=1)),
            await refusal(do_step(handle)),
            await refusal(leave(handle, by="lee")),
        ]
        await leave(handle)

    assert [code for code, _ in answers] == [
        "INVALID_ARGUMENT", "COMMAND_NOT_FOUND", "MANUAL_HELD", "NOT_SINGLE_STEPS", "MANUAL_HELD"
    ]  # fmt: skip
    assert answers[0][1] == "dmm.measure: channel is 9, above its maximum 4."
    assert stage.slot.calls == ["open manual", "close"]


async def test_a_step_that_is_not_there_is_refused(stage: HandStage) -> None:
    async with stage.engine(), stage.process():
        handle = await stage.open(single_steps=True)
        code, message = await refusal(do_step(handle, "rail"))
        await leave(handle)

    assert (code, message) == ("STEP_NOT_FOUND", "The sequence has no step rail (did you mean rails?).")


async def test_before_it_is_open_it_takes_no_commands(stage: HandStage) -> None:
    stage.slot.may_open.clear()
    async with stage.engine(), stage.process():
        handle = await stage.take()
        await until(lambda: stage.slot.calls == ["open manual"])
        code, _ = await refusal(tell(handle, channel=1))
        stage.slot.may_open.set()
        await in_state(handle, ManualState.OPEN)
        await leave(handle)

    assert code == "MANUAL_NOT_OPEN"


# Cut off


async def test_make_safe_cuts_off_what_goes_on_and_calls_off_what_waits(stage: HandStage) -> None:
    stage.slot.telling["measure"] = [until_cut_off()]
    async with stage.engine(), stage.process():
        handle = await stage.open(single_steps=True)
        under_way = asyncio.create_task(tell(handle, channel=1))
        await until(lambda: "dmm.measure" in stage.slot.calls)
        waiting = asyncio.create_task(tell(handle, "power.output_on"))
        waiting_too = asyncio.create_task(do_step(handle))
        await asyncio.sleep(0.3)
        busy = (await look(handle)).busy_with
        await make_safe(handle)
        cut, called_off, step_called_off = await under_way, await waiting, await waiting_too
        await leave(handle)

    assert busy == "dmm.measure"
    assert stage.slot.calls == ["open steps", "dmm.measure", "make safe", "close"]
    assert cut.fault == StepFault(code="COMMAND_STOPPED", message="It was cut off; nobody knows how far it had come.")
    assert called_off.fault is not None
    assert called_off.fault.message == "Not done: the instruments were made safe before its turn came."
    assert step_called_off.fault == called_off.fault


async def test_a_stop_cuts_off_what_goes_on_and_ends_the_session(stage: HandStage) -> None:
    stage.slot.telling["measure"] = [until_cut_off()]
    async with stage.engine(), stage.process():
        handle = await stage.open()
        under_way = asyncio.create_task(tell(handle, channel=1))
        await until(lambda: "dmm.measure" in stage.slot.calls)
        await handle.signal(ManualContract.stop, StopRequest(by="lee", reason="smoke"))
        end = await over(handle)

    assert (await under_way).fault is not None
    assert (end.by, end.reason, end.safe) == ("lee", "stopped: smoke", True)


async def test_a_cancel_from_outside_is_a_stop(stage: HandStage) -> None:
    async with stage.engine(), stage.process():
        handle = await stage.open()
        await handle.cancel()
        end = await over(handle)

    assert (end.by, end.reason, stage.slot.calls[-1]) == ("temporal", "the workflow was cancelled", "close")


async def test_a_stop_while_it_opens_closes_what_was_opened(stage: HandStage) -> None:
    stage.slot.may_open.clear()
    async with stage.engine(), stage.process():
        handle = await stage.take()
        await until(lambda: stage.slot.calls == ["open manual"])
        await handle.signal(ManualContract.stop, StopRequest(by="lee"))
        await handle.signal(ManualContract.stop, StopRequest(by="ann"))
        stage.slot.may_open.set()
        end = await over(handle)

    assert stage.slot.calls == ["open manual", "close"]
    assert (end.by, end.reason) == ("lee", "stopped")


# Nobody there


async def test_it_ends_when_nobody_does_anything_and_a_command_under_way_counts_as_something(stage: HandStage) -> None:
    release = asyncio.Event()
    stage.slot.telling["measure"] = [until_cut_off(release)]
    async with stage.engine(), stage.process():
        handle = await stage.open(times={"idle": SOON})
        under_way = asyncio.create_task(tell(handle, channel=1))
        await asyncio.sleep(3 * SOON.total_seconds())
        release.set()
        answer = await under_way
        end = await over(handle)

    assert answer.value == "released"
    assert (end.by, end.reason, end.safe) == ("station", "nothing was done for 0.4 s", True)


async def test_a_client_that_promised_signs_of_life_is_missed(stage: HandStage) -> None:
    async with stage.engine(), stage.process():
        handle = await stage.open(keeps_alive=True, times={"client": SOON})
        for _ in range(5):
            await asyncio.sleep(SOON.total_seconds() / 2)
            await handle.signal(ManualContract.keep_alive)
        alive = (await look(handle)).state
        end = await over(handle)

    assert alive is ManualState.OPEN
    assert (end.by, end.reason) == ("station", "the client gave no sign of life for 0.4 s")


async def test_the_first_sign_of_life_is_a_promise_of_more(stage: HandStage) -> None:
    async with stage.engine(), stage.process():
        handle = await stage.open(times={"client": SOON})
        await handle.signal(ManualContract.keep_alive)
        end = await over(handle)

    assert end.reason == "the client gave no sign of life for 0.4 s"


# Opening in vain


async def test_an_instrument_that_does_not_answer_ends_it_unsafe(stage: HandStage) -> None:
    stage.slot.opening = [cannot_open()]
    async with stage.engine(), stage.process():
        end = await over(await stage.take())

    assert end.fault is not None
    assert (end.fault.code, end.safe, end.problems) == ("HARDWARE_NOT_CONNECTED", False, ["dmm does not answer"])
    assert stage.notes.notes[-1].unsafe == "manual control by kim ended unsafe: dmm does not answer"


async def test_an_opening_that_breaks_ends_it(stage: HandStage) -> None:
    stage.slot.opening = [breaks("PACKAGE_INVALID")]
    async with stage.engine(), stage.process():
        end = await over(await stage.take())

    assert end.fault is not None
    assert end.fault.code == "PACKAGE_INVALID"


@pytest.mark.usefixtures("impatient")
async def test_a_process_that_is_not_there_is_told_and_nothing_was_touched(stage: HandStage) -> None:
    async with stage.engine():
        end = await over(await stage.take())

    assert end.fault == StepFault(
        code="BATCH_NOT_RUNNING", message="The process of batch slot_1 did not take it up within 0.4 s."
    )
    assert end.safe
    assert stage.slot.calls == []


async def test_a_process_that_dies_while_it_opens_is_waited_for(stage: HandStage) -> None:
    stage.slot.opening = [dies()]
    async with stage.engine(), stage.process():
        handle = await stage.take()
        await in_state(handle, ManualState.OPEN)
        await leave(handle)

    assert stage.slot.calls == ["open manual", "open manual", "close"]


async def test_the_engine_dies_and_the_session_is_none_the_worse(stage: HandStage) -> None:
    async with stage.process():
        async with stage.engine():
            handle = await stage.open()
        async with stage.engine(cached=0):
            answer = await tell(handle, channel=1)
            end = await leave(handle)

    assert answer.fault is None
    assert (end.by, end.safe) == ("kim", True)
    assert stage.slot.calls == ["open manual", "dmm.measure", "close"]


# The process dies


@pytest.mark.parametrize(
    ("kind", "code", "message"),
    [
        ("WORKER_CRASHED", "COMMAND_LOST", "Nobody knows whether it was done: gone."),
        ("COMMAND_STOPPED", "COMMAND_STOPPED", "gone"),
        ("SESSION_LOST", "SESSION_LOST", "Not done: gone."),
    ],
)
async def test_it_is_said_what_is_known_of_a_command_without_an_answer(
    stage: HandStage, kind: str, code: str, message: str
) -> None:
    stage.slot.telling["measure"] = [raises(lost(kind))]  # type: ignore[list-item]
    async with stage.engine(), stage.process():
        handle = await stage.open()
        answer = await tell(handle, channel=1)
        await leave(handle)

    assert answer.fault is not None
    assert (answer.fault.code, answer.fault.message) == (code, message)


async def test_what_no_process_has_taken_up_is_called_off(stage: HandStage) -> None:
    async with stage.engine():
        async with stage.process():
            handle = await stage.open(single_steps=True)
            # It stays the session's own while nobody serves the queue: no look, no end.
            stage.notes.looks = [SessionLook(owned=True, safe=False)]
        stepping = asyncio.create_task(do_step(handle))
        await asyncio.sleep(0.3)
        safe = asyncio.create_task(make_safe(handle))
        answer = await stepping
        async with stage.process():
            await safe
            stage.notes.looks = []
            await leave(handle)

    assert answer.fault == StepFault(code="COMMAND_STOPPED", message="Not done: it was called off before it began.")


async def test_make_safe_says_where_nobody_knows(stage: HandStage) -> None:
    stage.slot.safe = [lambda: breaks_with(lost("WORKER_CRASHED"))]
    async with stage.engine(), stage.process():
        handle = await stage.open()
        answer = await make_safe(handle)
        await leave(handle)

    assert answer.fault is not None
    assert answer.fault.code == "COMMAND_LOST"


def breaks_with(error: Exception) -> ClosedSession:
    raise error


async def test_a_new_process_has_made_safe_and_the_session_ends(stage: HandStage) -> None:
    async with stage.engine(), stage.process():
        handle = await stage.open()
        stage.slot.session = ""
        end = await over(handle)

    assert (end.by, end.safe) == ("station", True)
    assert end.reason == "the session was lost: the session is another one's"
    assert "close" not in stage.slot.calls


async def test_a_new_process_that_could_not_make_safe_ends_it_unsafe(stage: HandStage) -> None:
    async with stage.engine(), stage.process():
        handle = await stage.open()
        stage.notes.looks = [SESSION_LOST]
        stage.slot.session = ""
        end = await over(handle)

    assert (end.safe, end.problems) == (False, ["the batch's new process could not make the instruments safe"])
    assert stage.notes.notes[-1].unsafe.startswith("manual control by kim ended unsafe: ")


async def test_a_session_that_was_given_back_unsafe_ends_so(stage: HandStage) -> None:
    async with stage.engine(), stage.process():
        handle = await stage.open()
        stage.notes.looks = [SESSION_LOST, SessionLook(owned=False, safe=False)]
        stage.slot.session = ""
        end = await over(handle)

    assert (end.safe, end.problems) == (False, ["it was given back without being safe"])


@pytest.mark.usefixtures("impatient")
async def test_a_watch_that_was_lost_while_the_session_lives_is_begun_again(stage: HandStage) -> None:
    async with stage.engine(), stage.process():
        handle = await stage.open()
        stage.slot.watching = [lambda: None]
        stage.slot.dead.set()
        await until(lambda: stage.slot.watches >= 3)  # the one that was lost, the one that ended, and a new one
        answer = await tell(handle, channel=1)
        end = await leave(handle)

    assert answer.fault is None
    assert end.safe


async def test_it_is_closed_however_often_the_process_dies_meanwhile(stage: HandStage) -> None:
    stage.slot.closing = [dies()]
    async with stage.engine(), stage.process():
        handle = await stage.open()
        end = await leave(handle)

    assert stage.slot.calls == ["open manual", "close", "close"]
    assert end.safe


async def test_a_close_that_finds_the_session_gone_asks_how_it_was_left(stage: HandStage) -> None:
    stage.slot.closing = [lambda: closed_by_another(stage)]
    async with stage.engine(), stage.process():
        handle = await stage.open()
        end = await leave(handle)

    assert (end.safe, stage.slot.calls[-1]) == (True, "close")


def closed_by_another(stage: HandStage) -> ClosedSession:
    stage.slot.session = ""
    raise lost("SESSION_LOST")


async def test_an_instrument_that_cannot_be_made_safe_at_the_end_is_said_and_closes_the_slot(stage: HandStage) -> None:
    stage.slot.closing = [lambda: ClosedSession(safe=False, problems=["power is gone"])]
    async with stage.engine(), stage.process():
        handle = await stage.open()
        end = await leave(handle)

    assert (end.safe, end.problems) == (False, ["power is gone"])
    assert stage.notes.notes[-1].unsafe == "manual control by kim ended unsafe: power is gone"


async def test_a_bug_makes_safe_first(stage: HandStage) -> None:
    async with stage.engine(), stage.process():
        end = await over(await stage.take(times={"idle": timedelta.max}))

    assert end.fault is not None
    assert (end.fault.code, end.by) == ("INTERNAL_ERROR", "station")
    assert stage.slot.calls == ["open manual", "close"]
