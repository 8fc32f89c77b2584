"""What is owed arrives once: asked for before it is repeated, in order, and never what would harm the WIP."""

import pytest
from pydantic import JsonValue

from station.domain.delivery import MesAction
from station.domain.errors import MesError, MesRefusedError, MesUnavailableError, Refusal
from station.mes.client import MesClient
from station.mes.deliver import deliver
from station.mes.owed import OwedCall, Receipt
from station.testing.reference_mes.server import ReferenceMes
from tests.mes.support import NEUROHUB, WIP, calling, http, later, serving

ALL = [1, 2, 3, 4, 5, 6]


def owed(action: MesAction, wip: str, process: int = 1, result: str = "PASS", run: str = "run-1") -> OwedCall:
    payload: dict[str, JsonValue] = {"started_at": later(0).isoformat()}
    if action is MesAction.COMPLETE:
        payload |= {"result": result, "measurements": {"v": 3.7}, "completed_at": later(30).isoformat()}
    if action is MesAction.CONVERT:
        payload = {"notes": "shipped"}
    return OwedCall(
        item_id=f"{run}/{action}",
        run_id=run,
        action=action,
        wip=wip,
        process_id=None if action is MesAction.CONVERT else process,
        operator_id=5,
        payload=payload,
    )


async def until_delivered(client: MesClient, item: OwedCall) -> tuple[Receipt, int]:
    """Deliver as the station does: what may have arrived is asked for, the rest is tried again."""
    unknown = False
    for attempt in range(1, 50):
        try:
            return await deliver(client, item, attempted_before=unknown), attempt
        except MesRefusedError:
            raise
        except MesUnavailableError as error:
            unknown = unknown or error.may_have_arrived
        except MesError:
            pass
    raise AssertionError("never delivered")


def effects(mes: ReferenceMes, wip: str) -> list[str]:
    """What was committed, in order; one line per effect."""
    return [
        f"{effect.kind} {effect.process} {effect.result}" if effect.kind != "convert" else "convert"
        for effect in mes.ledger(requests=False).effects
        if effect.wip == wip and effect.request_id is not None
    ]


async def test_start_completion_and_conversion_arrive(mes: ReferenceMes, client: MesClient) -> None:
    (name,) = mes.seed(passed=ALL[:-1])

    started = await deliver(client, owed(MesAction.START, name, 6), attempted_before=False)
    completed = await deliver(client, owed(MesAction.COMPLETE, name, 6), attempted_before=False)
    converted = await deliver(client, owed(MesAction.CONVERT, name), attempted_before=False)

    assert (started.wip_status, started.can_convert) == ("IN_PROGRESS", False)
    assert (completed.wip_status, completed.duration_seconds, completed.can_convert) == ("COMPLETED", 30, True)
    assert (converted.wip_status, converted.serial) == ("CONVERTED", mes.wip(name)["serials"][0])
    assert [done.already for done in (started, completed, converted)] == [False, False, False]


@pytest.mark.parametrize("fault", ["commit_then_reset", "half_body", "garbage_json", "wrong_type"])
@pytest.mark.parametrize(
    ("action", "result", "effect"),
    [
        (MesAction.START, "", "start 6 None"),
        (MesAction.COMPLETE, "PASS", "complete 6 PASS"),
        (MesAction.COMPLETE, "FAIL", "complete 6 FAIL"),
        (MesAction.COMPLETE, "REWORK", "complete 6 REWORK"),
        (MesAction.CONVERT, "", "convert"),
    ],
)
async def test_what_was_carried_out_without_an_answer_is_not_done_again(
    mes: ReferenceMes, client: MesClient, fault: str, action: MesAction, result: str, effect: str
) -> None:
    (name,) = mes.seed(passed=ALL if action is MesAction.CONVERT else ALL[:-1])
    if action is MesAction.COMPLETE:
        await deliver(client, owed(MesAction.START, name, 6), attempted_before=False)
    mes.fault(fault, {"start_process": "start", "complete_process": "complete"}.get(action, "convert"))

    done, attempts = await until_delivered(client, owed(action, name, 6, result))

    assert (done.already, attempts) == (True, 2)
    assert effects(mes, name)[-1] == effect
    assert effects(mes, name).count(effect) == 1
    if action is MesAction.CONVERT and mes.settings.profile == "neurohub":
        assert [done.serial] == mes.wip(name)["serials"]


@pytest.mark.parametrize("fault", ["reset_before_commit", "status", "html"])
@pytest.mark.parametrize("action", list(MesAction))
async def test_what_was_not_carried_out_is_done_at_the_next_attempt(
    mes: ReferenceMes, client: MesClient, fault: str, action: MesAction
) -> None:
    (name,) = mes.seed(passed=ALL if action is MesAction.CONVERT else ALL[:-1])
    if action is MesAction.COMPLETE:
        await deliver(client, owed(MesAction.START, name, 6), attempted_before=False)
    kind = {"start_process": "start", "complete_process": "complete"}.get(action, "convert")
    mes.fault(fault, kind, status=503)

    done, attempts = await until_delivered(client, owed(action, name, 6))

    assert (done.already, attempts) == (False, 2)
    assert len([effect for effect in effects(mes, name) if effect.startswith(kind)]) == 1


async def test_a_pass_that_somebody_else_told_needs_a_person(mes: ReferenceMes, client: MesClient) -> None:
    (name,) = mes.seed(passed=[1])

    with pytest.raises(MesRefusedError) as caught:
        await deliver(client, owed(MesAction.COMPLETE, name), attempted_before=False)

    assert caught.value.refusal is Refusal.DUPLICATE_PASS


async def test_after_an_unknown_end_the_trace_tells_whose_the_pass_is() -> None:
    async with ReferenceMes("neurohub", rate_limit=0) as mes, calling(mes.url, **NEUROHUB) as client:
        (name,) = mes.seed(passed=[1])

        with pytest.raises(MesRefusedError, match="has passed already, by another report than ours"):
            await deliver(client, owed(MesAction.COMPLETE, name), attempted_before=True)

        assert effects(mes, name) == []


async def test_a_duplicate_that_is_ours_after_all_is_success() -> None:
    async with ReferenceMes("neurohub", rate_limit=0) as mes, calling(mes.url, **NEUROHUB) as client:
        (name,) = mes.seed()
        item = owed(MesAction.COMPLETE, name)
        await deliver(client, item, attempted_before=False)

        done = await deliver(client, item, attempted_before=False)

        assert done.already
        assert effects(mes, name) == ["complete 1 PASS"]


async def test_without_a_trace_a_duplicate_after_an_attempt_of_ours_is_success() -> None:
    duplicate = http(400, {"error": "DUPLICATE_PASS", "message": "no"})
    item = owed(MesAction.COMPLETE, WIP["wip_id"])  # type: ignore[arg-type]
    for attempted_before in (True, False):
        script = [http(200, WIP), duplicate, http(200, WIP)]
        async with serving(*script) as server, calling(server.url) as client:
            if attempted_before:
                assert (await deliver(client, item, attempted_before=True)).already
            else:
                with pytest.raises(MesRefusedError):
                    await deliver(client, item, attempted_before=False)


async def test_a_completion_whose_start_is_missing_brings_it_along() -> None:
    async with ReferenceMes("documented") as mes, calling(mes.url, api_key="reference-key") as client:
        (name,) = mes.seed()

        done = await deliver(client, owed(MesAction.COMPLETE, name), attempted_before=False)

        assert effects(mes, name) == ["start 1 None", "complete 1 PASS"]
        assert done.duration_seconds == 30


@pytest.mark.parametrize("result", ["FAIL", "REWORK", "PASS"])
async def test_nothing_is_told_of_a_unit_that_has_its_serial_number(
    mes: ReferenceMes, client: MesClient, result: str
) -> None:
    (name,) = mes.seed(status="CONVERTED", passed=ALL)

    with pytest.raises(MesRefusedError) as caught:
        await deliver(client, owed(MesAction.COMPLETE, name, 6, result), attempted_before=False)

    assert (caught.value.refusal, caught.value.status) == (Refusal.INVALID_WIP_STATUS, None)
    assert caught.value.message == f"{name} has its serial number; a late {result} is not sent"
    assert mes.wip(name)["status"] == "CONVERTED"


@pytest.mark.parametrize(("status", "passed"), [("CREATED", []), ("IN_PROGRESS", [1]), ("FAILED", [])])
async def test_only_a_completed_wip_is_converted(
    mes: ReferenceMes, client: MesClient, status: str, passed: list[int]
) -> None:
    (name,) = mes.seed(status=status, passed=passed)
    mes.fault("reset_before_commit", "convert")

    with pytest.raises(MesRefusedError) as caught:
        await deliver(client, owed(MesAction.CONVERT, name), attempted_before=False)

    assert caught.value.refusal is Refusal.INVALID_WIP_STATUS
    assert len(mes.state().faults) == 1, "nobody has tried to convert it"


async def test_a_wip_that_was_converted_already_is_success(mes: ReferenceMes, client: MesClient) -> None:
    (name,) = mes.seed(status="CONVERTED", passed=ALL)

    done = await deliver(client, owed(MesAction.CONVERT, name), attempted_before=False)

    assert (done.already, done.wip_status) == (True, "CONVERTED")


@pytest.mark.parametrize("code", ["ALREADY_CONVERTED", "INVALID_WIP_STATUS"])
async def test_a_wip_that_is_converted_while_we_ask_is_success(code: str) -> None:
    completed, converted = ({**WIP, "status": status} for status in ("COMPLETED", "CONVERTED"))
    script = [http(200, completed), http(400, {"error": code, "message": ""}), http(200, converted)]
    async with serving(*script) as server, calling(server.url) as client:
        done = await deliver(client, owed(MesAction.CONVERT, "W"), attempted_before=False)

    assert (done.already, done.wip_status) == (True, "CONVERTED")


@pytest.mark.parametrize("code", ["INCOMPLETE_PROCESSES", "INVALID_WIP_STATUS"])
async def test_a_conversion_that_is_refused_needs_a_person(code: str) -> None:
    completed = http(200, {**WIP, "status": "COMPLETED"})
    script = [completed, http(400, {"error": code, "message": ""}), completed]
    async with serving(*script) as server, calling(server.url) as client:
        with pytest.raises(MesRefusedError) as caught:
            await deliver(client, owed(MesAction.CONVERT, "W"), attempted_before=True)

    assert caught.value.code == code


async def test_a_wip_nobody_knows_is_refused(mes: ReferenceMes, client: MesClient) -> None:
    for action in MesAction:
        with pytest.raises(MesRefusedError) as caught:
            await deliver(client, owed(action, "WIP-XX01PSA2511-999"), attempted_before=True)
        assert caught.value.refusal is Refusal.WIP_NOT_FOUND


async def test_an_offline_run_that_was_never_allowed_is_refused_late(mes: ReferenceMes, client: MesClient) -> None:
    (name,) = mes.seed()

    with pytest.raises(MesRefusedError) as caught:
        await deliver(client, owed(MesAction.START, name, 3), attempted_before=True)

    assert caught.value.refusal is Refusal.PREREQUISITE_NOT_MET


async def test_a_completion_that_may_have_arrived_is_looked_for_even_where_it_could_not_start_now() -> None:
    async with ReferenceMes("neurohub", rate_limit=0) as mes, calling(mes.url, **NEUROHUB) as client:
        (name,) = mes.seed()

        done = await deliver(client, owed(MesAction.COMPLETE, name, 3, "FAIL"), attempted_before=True)

        assert (done.already, effects(mes, name)) == (False, ["complete 3 FAIL"])


@pytest.mark.parametrize(
    "payload", [{}, {"started_at": "2026-01-05T09:00:00"}, {"started_at": 5, "result": "MAYBE"}, {"result": "PASS"}]
)
async def test_what_cannot_be_told_is_refused_without_asking(payload: dict[str, JsonValue]) -> None:
    item = owed(MesAction.COMPLETE, "W").model_copy(update={"payload": payload})
    async with serving(http(200, WIP)) as server, calling(server.url) as client:
        with pytest.raises(MesRefusedError) as caught:
            await deliver(client, item, attempted_before=False)

        assert (caught.value.refusal, server.requests) == (Refusal.INVALID_REQUEST, [])


async def test_an_mes_without_the_trace_call_is_asked_by_scan() -> None:
    no_route = http(404, {"detail": "Not Found"})
    script = [http(200, {**WIP, "current_process_id": None, "has_pass_for_process": True}), no_route]
    async with serving(*script) as server, calling(server.url, profile="neurohub") as client:
        done = await deliver(client, owed(MesAction.COMPLETE, "W"), attempted_before=True)

    assert done.already


async def test_a_trace_that_is_refused_for_another_reason_is_no_answer() -> None:
    script = [http(200, WIP), http(404, {"error_code": "RES_001", "message": "gone"})]
    async with serving(*script) as server, calling(server.url, profile="neurohub") as client:
        with pytest.raises(MesRefusedError):
            await deliver(client, owed(MesAction.COMPLETE, "W"), attempted_before=True)


async def test_a_report_in_the_name_of_somebody_unknown_needs_a_person() -> None:
    async with ReferenceMes("neurohub", rate_limit=0) as mes, calling(mes.url, **NEUROHUB) as client:
        (name,) = mes.seed()

        for action in (MesAction.START, MesAction.COMPLETE):
            with pytest.raises(MesRefusedError) as caught:
                await deliver(
                    client, owed(action, name).model_copy(update={"operator_id": 999}), attempted_before=False
                )
            assert caught.value.refusal is Refusal.CONFLICT

        assert effects(mes, name) == []


async def test_a_serial_number_the_mes_does_not_tell_is_empty() -> None:
    script = [http(200, {**WIP, "status": "CONVERTED", "serial_id": 3}), http(404, {"error_code": "RES_001"})]
    async with serving(*script) as server, calling(server.url, profile="neurohub") as client:
        done = await deliver(client, owed(MesAction.CONVERT, "W"), attempted_before=True)

    assert (done.already, done.serial) == (True, "")
