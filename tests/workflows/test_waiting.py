"""A batch process that is away is a state of the run, not its failure; and a database that is away holds nothing up."""

from station.contracts.messages import Presence
from station.domain.outcome import Outcome, RunState
from station.domain.plan import RecoveryMode
from tests.workflows.fakes import is_cut_off, is_lost_before_it_begins, passes, until_released
from tests.workflows.stage import Stage, choose, ended, pause, plan, reaches, resume, shows, status, step, stop, until


async def test_a_run_without_its_process_says_what_it_waits_for_and_goes_on_when_it_comes(stage: Stage) -> None:
    async with stage.engine():
        run = await stage.start(plan(step("a")))
        waiting = await reaches(run, RunState.WAITING_FOR_WORKER)
        async with stage.process():
            end = await ended(run)

    assert waiting.waiting_for == "the batch's process: it is starting"
    assert waiting.waiting is not None
    assert (waiting.waiting.code, waiting.waiting.params) == ("PROCESS_AWAY", {"said": "it is starting"})
    assert end.outcome is Outcome.PASSED
    assert [(change.state, change.waiting_for) for change in stage.recorder.states] == [
        (RunState.WAITING_FOR_WORKER, "the batch's process: it is starting"),
        (RunState.RUNNING, ""),
        (RunState.CLEANING_UP, ""),
    ]
    assert stage.recorder.probes[0].model_dump() == {"run_id": "RUN1", "batch": "slot_1", "step": "", "attempt": 1}


async def test_a_step_that_takes_long_is_not_waited_for_as_if_its_process_were_away(stage: Stage) -> None:
    stage.recorder.presence = Presence(started=True)
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b")))
        await until(lambda: bool(stage.recorder.probes))
        stage.slot.released.set()
        end = await ended(run)

    assert end.outcome is Outcome.PASSED
    assert [(probe.step, probe.attempt) for probe in stage.recorder.probes] == [("a", 1)]
    assert stage.recorder.told == ["cleaning_up", "result"]


async def test_a_call_that_comes_back_while_its_process_is_looked_for_was_not_waited_for(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    stage.slot.scenes["b"] = [until_released()]

    async def meanwhile() -> None:
        stage.slot.released.set()
        await until(lambda: "b:1" in stage.slot.calls)
        stage.recorder.presence = Presence(started=False)

    stage.recorder.probed = meanwhile
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b")))
        end = await ended(run)

    assert end.outcome is Outcome.PASSED
    assert "waiting_for_worker" not in stage.recorder.told


async def test_a_question_and_a_pause_are_not_hidden_by_a_process_that_is_away(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off()]
    async with stage.engine():
        async with stage.process():
            run = await stage.start(plan(step("a"), recovery_mode=RecoveryMode.ASK))
            await reaches(run, RunState.INTERRUPTED)
        await choose(run, "resume")
        waiting = await reaches(run, RunState.WAITING_FOR_WORKER)

        paused = await pause(run, reason="lunch")
        await resume(run)
        going_on = await status(run)
        async with stage.process():
            end = await ended(run)

    assert waiting.waiting_for == paused.waiting_for == going_on.waiting_for == "the batch's process: it is starting"
    assert end.outcome is Outcome.PASSED


async def test_a_run_that_is_stopped_while_its_process_is_away_cleans_up_when_it_is_back(stage: Stage) -> None:
    stage.slot.scenes["a"] = [passes()]
    async with stage.engine():
        async with stage.process():
            run = await stage.start(plan(step("a"), step("b"), step("off", cleanup=True), heartbeat_timeout=60))
            stage.slot.scenes["a"] = [until_released()]
            await until(lambda: "a" in stage.slot.under_way)
            await pause(run)
            stage.slot.released.set()
            await reaches(run, RunState.PAUSED)
        await resume(run)
        await shows(run, lambda now: now.current == ("b",))

        await stop(run)
        cleaning = await shows(run, lambda now: now.state in {RunState.CLEANING_UP, RunState.WAITING_FOR_WORKER})
        async with stage.process():
            end = await ended(run)

    assert cleaning.outcome is None
    assert stage.slot.calls == ["open run", "a:1", "what of b:1", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED


async def test_a_database_that_is_away_delays_the_record_and_never_the_cleanup(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off()]
    stage.slot.scenes["b"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), step("off", cleanup=True)))
        await until(lambda: "b" in stage.slot.under_way)
        stage.recorder.reachable.clear()
        await pause(run)

        await stop(run)
        await until(lambda: "close" in stage.slot.calls)
        told = list(stage.recorder.told)
        stage.recorder.reachable.set()
        end = await ended(run)

    assert told == ["recovery"]
    assert end.outcome is Outcome.ABORTED
    assert stage.recorder.told == ["recovery", "cleaning_up", "result"]


async def test_what_is_told_is_told_in_the_order_it_happened(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b")))
        await until(lambda: "a" in stage.slot.under_way)
        stage.recorder.reachable.clear()
        await pause(run)
        stage.slot.released.set()
        await reaches(run, RunState.PAUSED)
        await resume(run)
        await until(lambda: "close" in stage.slot.calls)
        stage.recorder.reachable.set()
        await ended(run)

    assert stage.recorder.told == ["paused", "running", "cleaning_up", "result"]


async def test_a_question_stays_open_while_a_step_beside_waits_for_the_process(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off(process_lives=True)]
    stage.slot.scenes["b"] = [until_released(stopped=is_lost_before_it_begins())]
    async with stage.engine():
        async with stage.process():
            run = await stage.start(
                plan(step("a", needs=(), uses=()), step("b", needs=(), uses=()), recovery_mode=RecoveryMode.ASK)
            )
            await reaches(run, RunState.INTERRUPTED)
            await until(lambda: "b" in stage.slot.under_way)
        away = await reaches(run, RunState.WAITING_FOR_WORKER)
        async with stage.process():
            back = await reaches(run, RunState.INTERRUPTED)
            await choose(run, "resume")
            stage.slot.released.set()
            end = await ended(run)

    assert away.choices == back.choices != ()
    assert end.outcome is Outcome.PASSED
