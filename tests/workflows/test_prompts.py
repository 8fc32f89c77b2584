"""A run asks people: each question once, answered once, however long it takes and whatever dies meanwhile."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from station.contracts.prompts import PromptState
from station.domain.outcome import Outcome, RunState
from station.domain.plan import RecoveryMode
from station.domain.prompt import BY_TIMEOUT
from tests.workflows.fakes import asks, errs, is_cut_off, is_lost_unreported, passes, question, until_released
from tests.workflows.stage import (
    Handle,
    Stage,
    answer,
    choose,
    ended,
    goto,
    pause,
    plan,
    reaches,
    resume,
    shows,
    skip,
    step,
    stop,
    until,
)
from tests.workflows.test_history import soaks

SOON = timedelta(milliseconds=300)


async def refused(handle: Handle, prompt: str, **values: object) -> tuple[str | None, str]:
    """Answer a prompt in vain; gives the code and the sentence."""
    with pytest.raises(WorkflowUpdateFailedError) as failure:
        await answer(handle, prompt, **values)
    cause = failure.value.cause
    assert isinstance(cause, ApplicationError)
    return cause.type, cause.message


async def test_a_step_that_asks_goes_on_with_the_answer_as_its_next_part(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks(elapsed=2), passes(elapsed=3)]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b")))
        now = await reaches(run, RunState.PROMPTING)
        (asked,) = now.prompts
        after = await answer(run, asked.id, answer="pass")
        end = await ended(run)

    assert (asked.id, asked.step, asked.prompt.key, asked.until) == ("RUN1:1", "a", "led", None)
    assert now.waiting_for == "an answer: Is the LED green?"
    assert now.current == ("a",)
    assert after.run_id == "RUN1"
    assert stage.slot.calls == ["open run", "a:1", "a:1.2", "b:1", "close"]
    assert [[one.answer.values for one in request.answers] for request in stage.slot.requests] == [
        [], [{"answer": True}], [],
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED
    assert [state.state for state in stage.recorder.states] == [
        RunState.PROMPTING, RunState.RUNNING, RunState.CLEANING_UP,
    ]  # fmt: skip
    assert [note.asked for note in stage.recorder.prompts] == [asked]
    (closed,) = stage.recorder.prompt_ends
    assert (closed.id, closed.state, closed.step) == ("RUN1:1", PromptState.ANSWERED, "a")
    assert closed.answer is not None
    assert (closed.answer.values, closed.answer.by) == ({"answer": True}, "kim")
    (deed,) = stage.recorder.deeds
    assert (deed.actor, deed.action, deed.data["prompt"]) == ("kim", "answer", "RUN1:1")


async def test_the_wait_for_an_answer_is_told_with_the_result_and_is_no_time_of_the_steps(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks(elapsed=1), passes(elapsed=2)]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), timeout_sequence=2.5))
        await reaches(run, RunState.PROMPTING)
        await asyncio.sleep(0.6)
        await answer(run, "RUN1:1", answer=True)
        end = await ended(run)

    result = stage.recorder.result
    assert end.outcome is Outcome.PASSED
    assert timedelta(seconds=0.5) < result.waited < result.completed_at - result.started_at


async def test_an_answer_that_is_not_allowed_is_refused_and_the_prompt_stays_open(stage: Stage) -> None:
    fields = [
        {"kind": "number", "name": "count", "min": 1, "max": 9},
        {"kind": "choice", "name": "color", "choices": ["red"]},
    ]
    stage.slot.scenes["a"] = [asks(question(fields=fields)), passes()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a")))
        await reaches(run, RunState.PROMPTING)
        why = await refused(run, "RUN1:1", count="10", size=3)
        now = await answer(run, "RUN1:1", by="", count="9", color="RED")
        end = await ended(run)

    assert why == (
        "INVALID_ANSWER",
        "count: '10' is not a number from 1 up to 9; color: it is missing; give one of red; "
        "size: nobody asks for it; the fields are count, color",
    )
    assert now.prompts == ()
    assert end.outcome is Outcome.PASSED
    assert stage.slot.requests[-1].answers[0].answer.by == "somebody"
    assert stage.slot.requests[-1].answers[0].answer.values == {"count": 9.0, "color": "red"}


async def test_of_two_answers_at_the_same_time_one_wins_and_the_other_hears_who_did(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks(), passes()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a")))
        await reaches(run, RunState.PROMPTING)
        both = await asyncio.gather(
            answer(run, "RUN1:1", "kim", answer="pass"), answer(run, "RUN1:1", "lee", answer="fail"),
            return_exceptions=True,
        )  # fmt: skip
        await ended(run)

    (failure,) = [one for one in both if isinstance(one, WorkflowUpdateFailedError)]
    winner = stage.slot.requests[-1].answers[0].answer.by
    cause = failure.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == "PROMPT_NOT_OPEN"
    assert f"RUN1:1 is answered already, by {winner} at " in cause.message
    assert len(stage.recorder.prompt_ends) == len(stage.recorder.deeds) == 1


async def test_of_two_answers_that_wait_for_the_engine_one_wins(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks(), passes()]
    async with stage.process():
        async with stage.engine():
            run = await stage.start(plan(step("a")))
            await reaches(run, RunState.PROMPTING)
        both = [asyncio.create_task(answer(run, "RUN1:1", by, answer="pass")) for by in ("kim", "lee")]
        await asyncio.sleep(0.3)
        async with stage.engine():
            given = await asyncio.gather(*both, return_exceptions=True)
            end = await ended(run)

    assert len([one for one in given if isinstance(one, WorkflowUpdateFailedError)]) == 1
    assert end.outcome is Outcome.PASSED


async def test_a_step_that_asks_while_it_is_stopped_asks_nobody(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released(stopped=asks())]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a")))
        await until(lambda: "a" in stage.slot.under_way)
        await stop(run)
        end = await ended(run)

    assert stage.recorder.prompts == []
    assert [one.result.report.outcome for one in stage.recorder.step_ends] == [Outcome.ABORTED]
    assert end.outcome is Outcome.ABORTED


async def test_an_answered_prompt_and_an_unknown_one_are_refused(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks(), until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a")))
        await reaches(run, RunState.PROMPTING)
        await answer(run, "RUN1:1", answer="pass")
        await until(lambda: "a" in stage.slot.under_way)
        again, unknown = await refused(run, "RUN1:1", answer="fail"), await refused(run, "RUN1:7", answer="fail")
        stage.slot.released.set()
        await ended(run)

    assert again[0] == unknown[0] == "PROMPT_NOT_OPEN"
    assert again[1].startswith("Prompt RUN1:1 is answered already, by kim at ")
    assert again[1].endswith(" UTC: answer=True.")
    assert unknown[1] == "Prompt RUN1:7 is not asked by this run."


async def test_a_prompt_outlives_the_engine_and_the_batchs_process(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks(), passes()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("on", rearm=True), step("a")))
        await reaches(run, RunState.PROMPTING)
    stage.slot.session = ""  # what comes up then knows nothing of the session
    async with stage.engine(), stage.process():
        await answer(run, "RUN1:1", answer="pass")
        end = await ended(run)

    assert stage.slot.calls == [
        "open run", "on:1", "a:1", "a:1.2", "what of a:1", "open run", "on:2", "a:1.2", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED
    assert len(stage.recorder.prompts) == len(stage.recorder.prompt_ends) == 1
    assert stage.recorder.result.recoveries == 1


async def test_a_step_that_is_cut_off_after_its_answer_is_not_asked_again(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks(), is_cut_off(), asks(), passes()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a")))
        await reaches(run, RunState.PROMPTING)
        await answer(run, "RUN1:1", answer="pass")
        end = await ended(run)

    assert [call for call in stage.slot.calls if call.startswith("a")] == ["a:1", "a:1.2", "a:2", "a:2.2"]
    assert end.outcome is Outcome.PASSED
    assert len(stage.recorder.prompts) == 1


async def test_a_prompt_whose_part_was_recorded_but_not_reported_is_asked_once(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_lost_unreported(finished=False), asks(), passes()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a")))
        await reaches(run, RunState.PROMPTING)
        await answer(run, "RUN1:1", answer="pass")
        end = await ended(run)

    assert end.outcome is Outcome.PASSED
    assert len(stage.recorder.prompts) == 1


async def test_a_retry_after_an_exception_finds_the_answer(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks(), errs(), passes()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", retry=1)))
        await reaches(run, RunState.PROMPTING)
        await answer(run, "RUN1:1", answer="pass")
        end = await ended(run)

    assert [len(request.answers) for request in stage.slot.requests] == [0, 1, 1]
    assert end.outcome is Outcome.PASSED


async def test_nobody_answers_in_time_and_the_run_ends_with_its_cleanup(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks(question(timeout=SOON), elapsed=2)]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), step("off", cleanup=True)))
        now = await reaches(run, RunState.PROMPTING)
        end = await ended(run)
        late = stage.recorder.prompt_ends[0]

    assert now.prompts[0].until is not None
    assert now.prompts[0].until - now.prompts[0].asked_at == SOON
    assert stage.slot.calls == ["open run", "a:1", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED
    assert end.reason is not None
    assert (end.reason.code, end.reason.step) == ("PROMPT_TIMEOUT", "a")
    assert end.reason.message == "Nobody answered led of a within 0.3 s: Is the LED green?"
    assert (late.state, late.answer) == (PromptState.TIMED_OUT, None)
    (recorded,) = stage.recorder.step_ends
    assert (recorded.result.report.outcome, recorded.result.report.elapsed) == (Outcome.ABORTED, timedelta(seconds=2))


async def test_nobody_answers_in_time_and_the_defaults_are_taken(stage: Stage) -> None:
    fields = [{"kind": "pass_fail", "default": True}]
    stage.slot.scenes["a"] = [asks(question(timeout=SOON, on_timeout="default", fields=fields)), passes()]

    end = await stage.run(plan(step("a")))

    assert end.outcome is Outcome.PASSED
    (given,) = stage.slot.requests[-1].answers
    assert (given.answer.values, given.answer.by) == ({"answer": True}, BY_TIMEOUT)
    assert stage.recorder.prompt_ends[0].state is PromptState.TIMED_OUT
    assert stage.recorder.deeds == []


async def test_a_stop_withdraws_what_is_asked(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("off", cleanup=True)))
        await reaches(run, RunState.PROMPTING)
        await stop(run)
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED
    assert end.reason is not None
    assert end.reason.code == "STOPPED"
    assert [closed.state for closed in stage.recorder.prompt_ends] == [PromptState.WITHDRAWN]
    assert [one.result.report.outcome for one in stage.recorder.step_ends] == [Outcome.ABORTED]


async def test_an_answer_to_a_withdrawn_prompt_says_so(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks()]
    stage.slot.scenes["off"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("off", cleanup=True)))
        await reaches(run, RunState.PROMPTING)
        await stop(run)
        await until(lambda: "off" in stage.slot.under_way)
        why = await refused(run, "RUN1:1", answer="pass")
        stage.slot.released.set()
        await ended(run)

    assert why == ("PROMPT_NOT_OPEN", "Prompt RUN1:1 is withdrawn.")


async def test_a_stop_right_after_an_answer_ends_the_attempt_in_the_journal_too(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks()]
    stage.slot.may_open.set()
    async with stage.process():
        async with stage.engine():
            run = await stage.start(plan(step("a")))
            await reaches(run, RunState.PROMPTING)
        answering = asyncio.create_task(answer(run, "RUN1:1", answer="pass"))
        await asyncio.sleep(0.3)
        await stop(run)
        async with stage.engine():
            await answering
            end = await ended(run)

    assert end.outcome is Outcome.ABORTED
    assert [one.result.report.outcome for one in stage.recorder.step_ends] == [Outcome.ABORTED]
    assert stage.slot.calls == ["open run", "a:1", "close"]


async def test_steps_beside_each_other_may_both_ask_and_the_run_prompts_when_nothing_else_runs(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks(question("one")), passes()]
    stage.slot.scenes["b"] = [asks(question("two")), passes()]
    stage.slot.scenes["c"] = [until_released()]
    apart = {"needs": (), "uses": ()}
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", **apart), step("b", **apart), step("c", **apart)))
        busy = await shows(run, lambda now: len(now.prompts) == 2)
        stage.slot.released.set()
        alone = await reaches(run, RunState.PROMPTING)
        for asked in alone.prompts:
            await answer(run, asked.id, answer="pass")
        end = await ended(run)

    assert busy.state is RunState.RUNNING
    assert alone.waiting_for == "an answer: Is the LED green? (and 1 more)"
    assert alone.waiting is not None
    assert (alone.waiting.code, alone.waiting.params) == ("ANSWER_AWAITED", {"count": 2, "said": "Is the LED green?"})
    assert {asked.prompt.key for asked in alone.prompts} == {"one", "two"}
    assert end.outcome is Outcome.PASSED


async def test_a_run_that_waited_for_its_worker_prompts_when_that_one_asks(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released(asks()), passes()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a")))
        await reaches(run, RunState.WAITING_FOR_WORKER)
        stage.slot.released.set()
        now = await reaches(run, RunState.PROMPTING)
        await answer(run, "RUN1:1", answer="pass")
        end = await ended(run)

    assert now.waiting_for == "an answer: Is the LED green?"
    assert end.outcome is Outcome.PASSED


async def test_a_pause_holds_before_the_next_step_while_an_answer_is_waited_for(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks(), passes()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b")))
        await reaches(run, RunState.PROMPTING)
        await pause(run)
        await answer(run, "RUN1:1", answer="pass")
        await reaches(run, RunState.PAUSED)
        calls = list(stage.slot.calls)
        await resume(run)
        end = await ended(run)

    assert calls == ["open run", "a:1", "a:1.2"]
    assert end.outcome is Outcome.PASSED


async def test_a_long_run_keeps_its_answers_and_who_gave_them(stage: Stage) -> None:
    parts = soaks()
    stage.slot.scenes["soak"] = [asks(elapsed=1), *parts]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("soak", segment=10), step("last")))
        await reaches(run, RunState.PROMPTING)
        await answer(run, "RUN1:1", answer="pass")
        stage.slot.scenes["last"] = [until_released()]
        await until(lambda: "last" in stage.slot.under_way)
        why = await refused(run, "RUN1:1", answer="pass")
        stage.slot.released.set()
        end = await ended(run)

    soaked = [request for request in stage.slot.requests if request.step == "soak"]
    assert all(len(request.answers) == 1 for request in soaked[1:])
    assert "answered already, by kim" in why[1]
    assert end.outcome is Outcome.PASSED


async def test_a_full_restart_asks_anew(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks(), is_cut_off(), asks(), passes()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), recovery_mode=RecoveryMode.FULL_RESTART))
        await reaches(run, RunState.PROMPTING)
        await answer(run, "RUN1:1", answer="pass")
        await shows(run, lambda now: bool(now.prompts) and now.prompts[0].id == "RUN1:2")
        await answer(run, "RUN1:2", answer="fail")
        end = await ended(run)

    assert end.outcome is Outcome.PASSED
    assert stage.slot.requests[-1].answers[0].answer.values == {"answer": False}


async def test_a_full_restart_withdraws_what_another_step_asks(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks(), passes()]
    stage.slot.scenes["b"] = [until_released(is_cut_off()), passes()]
    apart = {"needs": (), "uses": ()}
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", **apart), step("b", **apart), recovery_mode=RecoveryMode.ASK))
        await shows(run, lambda now: len(now.prompts) == 1)
        stage.slot.released.set()
        await reaches(run, RunState.INTERRUPTED)
        await choose(run, "full_restart")
        end = await ended(run)

    assert end.outcome is Outcome.PASSED
    assert stage.recorder.prompt_ends[0].state is PromptState.WITHDRAWN


# Steering while somebody is asked


async def test_a_step_that_is_left_out_while_it_asks_is_withdrawn_and_the_next_one_runs(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b")))
        await reaches(run, RunState.PROMPTING)
        await skip(run, "a")
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "b:1", "close"]
    assert end.outcome is Outcome.ABORTED
    assert [closed.state for closed in stage.recorder.prompt_ends] == [PromptState.WITHDRAWN]
    assert [(one.step, one.attempt) for one in stage.recorder.skipped] == [("a", 2)]


async def test_a_step_that_is_left_out_before_it_begins_asks_nothing_more(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b", prompt=question()), step("c", prompt=question())))
        await until(lambda: "a" in stage.slot.under_way)
        await skip(run, "b")
        stage.slot.released.set()
        await reaches(run, RunState.PROMPTING)
        await skip(run, "c")
        await ended(run)

    assert [note.asked.step for note in stage.recorder.prompts] == ["c"]
    assert [(one.step, one.attempt) for one in stage.recorder.skipped] == [("b", 1), ("c", 1)]
    assert stage.recorder.step_ends == []


async def test_a_run_that_goes_back_asks_anew(stage: Stage) -> None:
    stage.slot.scenes["a"] = [asks(), passes(), asks(), passes()]
    stage.slot.scenes["b"] = [asks(question("other"))]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b")))
        await reaches(run, RunState.PROMPTING)
        await answer(run, "RUN1:1", answer="pass")
        await shows(run, lambda now: bool(now.prompts) and now.prompts[0].id == "RUN1:2")
        await goto(run, "a")
        again = await shows(run, lambda now: bool(now.prompts) and now.prompts[0].id == "RUN1:3")
        await answer(run, "RUN1:3", answer="fail")
        end = await ended(run)

    assert again.prompts[0].prompt.key == "led"
    assert end.outcome is Outcome.PASSED
    assert [closed.state for closed in stage.recorder.prompt_ends] == [
        PromptState.ANSWERED, PromptState.WITHDRAWN, PromptState.ANSWERED,
    ]  # fmt: skip


# A step that sets something up is done again when the session is opened anew


async def test_a_rearmed_step_finds_its_answer_and_may_ask_something_else(stage: Stage) -> None:
    stage.slot.scenes["on"] = [asks(), passes(), asks(), asks(question("again")), passes()]
    stage.slot.scenes["a"] = [is_cut_off(), passes()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("on", rearm=True), step("a")))
        await reaches(run, RunState.PROMPTING)
        await answer(run, "RUN1:1", answer="pass")
        await shows(run, lambda now: bool(now.prompts) and now.prompts[0].prompt.key == "again")
        await answer(run, "RUN1:2", answer="pass")
        end = await ended(run)

    assert end.outcome is Outcome.PASSED
    assert len(stage.recorder.prompts) == 2


async def test_a_rearmed_step_nobody_answers_keeps_the_run_from_going_on(stage: Stage) -> None:
    stage.slot.scenes["on"] = [passes(), asks(question(timeout=SOON))]
    stage.slot.scenes["a"] = [is_cut_off()]

    end = await stage.run(plan(step("on", rearm=True), step("a")))

    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert end.reason.code == "REARM_FAILED"


# What the manifest asks before a step begins


async def test_what_the_manifest_asks_is_asked_before_anything_is_opened(stage: Stage) -> None:
    async with stage.engine():
        run = await stage.start(plan(step("a", prompt=question("prompt"))))
        await reaches(run, RunState.PROMPTING)
        calls = list(stage.slot.calls)
        await answer(run, "RUN1:1", answer="pass")
        async with stage.process():
            end = await ended(run)

    assert calls == []
    assert stage.slot.calls == ["open run", "a:1", "close"]
    assert stage.slot.requests[0].answers[0].key == "prompt"
    assert end.outcome is Outcome.PASSED


async def test_an_answer_that_says_no_fails_the_step_without_running_it(stage: Stage) -> None:
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", index=3, prompt=question("prompt")), step("b")))
        await reaches(run, RunState.PROMPTING)
        await answer(run, "RUN1:1", answer="fail")
        end = await ended(run)

    assert stage.slot.calls == []
    assert end.outcome is Outcome.FAILED
    assert end.reason is not None
    assert (end.reason.code, end.reason.step, end.reason.message) == ("STEP_FAILED", "a", "a: out of limits: prompt")
    (recorded,) = stage.recorder.step_ends
    report, (measured,) = recorded.result.report, recorded.result.measurements
    assert (report.attempt, report.failures) == (1, ("prompt",))
    assert report.fault is not None
    assert report.fault.message == "Is the LED green?: answer=False (answered by kim)"
    assert (measured.name, measured.value, measured.outcome, measured.by) == ("prompt", False, Outcome.FAILED, "kim")
    assert recorded.result.values == {"prompt": False}


async def test_nobody_answers_what_the_manifest_asks(stage: Stage) -> None:
    end = await stage.run(plan(step("a", prompt=question(timeout=SOON)), step("b")))

    assert stage.slot.calls == []
    assert end.outcome is Outcome.ABORTED
    assert [one.result.report.outcome for one in stage.recorder.step_ends] == [Outcome.ABORTED]


async def test_a_stop_before_the_step_has_begun_leaves_nothing_in_the_journal(stage: Stage) -> None:
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", prompt=question())))
        await reaches(run, RunState.PROMPTING)
        await stop(run)
        end = await ended(run)

    assert end.outcome is Outcome.ABORTED
    assert stage.recorder.step_ends == []
    assert [closed.state for closed in stage.recorder.prompt_ends] == [PromptState.WITHDRAWN]


@pytest.mark.parametrize(("condition", "asked"), [("wanted", 0), ("!wanted", 1), ("by_method", 1), (None, 1)])
async def test_a_step_that_will_not_run_asks_nothing(stage: Stage, condition: str | None, asked: int) -> None:
    fields = [{"kind": "pass_fail", "default": True}]
    quick = question(timeout=SOON, on_timeout="default", fields=fields)
    planned = plan(step("a", condition=condition, prompt=quick))

    end = await stage.run(planned.model_copy(update={"parameters": {"wanted": False}}))

    assert len(stage.recorder.prompts) == asked
    assert end.outcome is Outcome.PASSED


async def test_a_prompt_is_told_with_the_time_it_was_asked_at(stage: Stage) -> None:
    before = datetime.now(UTC)
    stage.slot.scenes["a"] = [asks(), passes()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a")))
        now = await reaches(run, RunState.PROMPTING)
        await answer(run, "RUN1:1", answer="pass")
        await ended(run)

    assert before < now.prompts[0].asked_at < datetime.now(UTC)
