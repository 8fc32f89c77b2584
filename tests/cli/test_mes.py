"""What the commands do about the MES: runs that tell it, the queue, decisions, conversions; on real processes."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.contracts.names import delivery_workflow_id
from station.testing.reference_mes.server import ReferenceMes
from tests.cli.conftest import PACKAGES, Command, Run, holds
from tests.support import RunningStation, prepare_station, running_station, until

pytestmark = pytest.mark.station

BATCHES = [
    {"id": "quick", "sequence_package": PACKAGES / "quick", "process": 1},
    {"id": "faulty", "sequence_package": PACKAGES / "faulty", "process": 1},
    {"id": "slow", "sequence_package": PACKAGES / "slow", "process": 1},
]

GOOD = """\
run RUN on quick · {wip}
look  PASSED  N s
  label  PASSED  none
weigh  PASSED  N s
  rail  PASSED  5 V  4.5 .. 5.5
tidy  PASSED  N s
PASSED  quick  N s  run RUN
MES:  start delivered
  end PASS delivered"""

REFUSED = """\
run RUN on quick · WIP-KR01PSA2599-001
ABORTED  quick  N s  run RUN
reason:  WIP_NOT_FOUND: WIP 'WIP-KR01PSA2599-001' not found
  WIP를 찾을 수 없습니다
MES:  start refused: WIP를 찾을 수 없습니다 · The WIP was not found: \
WIP_NOT_FOUND: WIP 'WIP-KR01PSA2599-001' not found"""

OFFLINE = "queued: 오프라인 모드로 전환됨 · Working offline: MES_UNAVAILABLE: "

DISPOSITION = (
    "end needs a person: 검사 결과가 없습니다. 재시험, 재작업, 폐기 중에서 결정하세요 · "
    "Decide: test it again, rework it, or scrap it: NEEDS_DISPOSITION: "
)


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory, mes: ReferenceMes) -> Iterator[RunningStation]:
    backend = {
        "url": mes.url, "api_key": mes.settings.api_key, "online_wait": 10, "timeout": 5,
        "breaker": {"threshold": 1000},
    }  # fmt: skip
    with running_station(tmp_path_factory.mktemp("station"), BATCHES, backend=backend) as running:
        yield running


@pytest.fixture
def wip(mes: ReferenceMes) -> Iterator[str]:
    yield mes.seed()[0]
    mes.heal()
    mes.up()


def test_a_good_unit_and_how_the_mes_was_told(run: Run, command: Command, mes: ReferenceMes, wip: str) -> None:
    ended = run("quick", wip, "--notes", "after the repair")
    shown = command("show", "last")

    effects = mes.ledger().of(wip)
    notes = [row["notes"] for row in mes.wip(wip)["history"]]
    assert (ended[1], ended[0]) == (GOOD.format(wip=wip), 0)
    assert [(effect.kind, effect.result, effect.operator_id) for effect in effects] == [
        ("start", None, 5), ("complete", "PASS", 5),
    ]  # fmt: skip
    assert notes == ["after the repair"]
    assert "\nMES:  start delivered\n  end PASS delivered\n" in shown[1]


def test_a_run_without_mes_says_so_and_tells_nothing(
    station: RunningStation, run: Run, mes: ReferenceMes, wip: str
) -> None:
    code, written = run("quick", wip, "--no-mes", "--json")

    assert (code, json.loads(written)["mes"]) == (0, [])
    assert mes.ledger().of(wip) == []


def test_what_the_mes_must_be_told_is_asked_for(station: RunningStation, command: Command) -> None:
    assert command("run", "-b", "quick", "--operator", "kim", folder=station.folder) == (
        2,
        "INVALID_PARAMETERS: Missing required parameters: wip_id. The MES must be told of this run: wip is missing: "
        "scan the unit's label; operator must be the operator's number in the MES, not 'kim'. Or switch the MES off "
        "for this run.",
    )


def test_a_wip_the_mes_refuses_is_not_tested_and_exits_with_3(station: RunningStation, run: Run) -> None:
    code, written = run("quick", "WIP-KR01PSA2599-001")

    assert (written, code) == (REFUSED, 3)


def test_a_pass_that_the_mes_refuses_is_no_pass_for_the_line(
    station: RunningStation, run: Run, mes: ReferenceMes, command: Command, wip: str
) -> None:
    mes.fault("status", on="complete", status=400)
    code, written = run("quick", wip)
    told = _told(written)
    item = _parked(station)[0]

    again = command("queue", "retry", item, folder=station.folder)

    assert code == 3
    assert told[0] == "start delivered"
    assert told[1].startswith("end needs a person: 서버가 ")
    assert again == (0, "RUN/complete_process: end PASS delivered")


def test_while_the_mes_is_away_production_goes_on_and_nothing_is_lost(
    station: RunningStation, run: Run, mes: ReferenceMes, command: Command, wip: str
) -> None:
    mes.down()
    code, written = run("quick", wip)
    listed = command("queue", folder=station.folder)
    status = command("status", folder=station.folder)
    doctor = command("doctor", folder=station.folder)

    mes.up()
    sent = command("queue", "send", "--wip", wip, folder=station.folder)
    until(lambda: command("queue", folder=station.folder)[1] == "Nothing is owed to the MES.", 15, "it is not sent")
    none = command("queue", "send", folder=station.folder)

    assert code == 0
    assert _told(written)[0].startswith(f"start {OFFLINE}")
    assert _told(written)[1].startswith("end queued")
    first, *_, last = listed[1].splitlines()
    assert first == "age  action  WIP  process  state  attempts  last error  item"
    assert [line.split()[2:6] for line in listed[1].splitlines() if wip in line] == [
        ["start_process", wip, "1", "pending"], ["complete_process", wip, "1", "pending"],
    ]  # fmt: skip
    assert "→ 오프라인 모드로 전환됨" in listed[1]
    assert re.fullmatch(r"2 pending, oldest N s", last)
    assert "\nMES  http://127.0.0.1:PORT: 2 pending, oldest N s\n" in status[1]
    assert doctor[0] == 0
    assert "warning mes  the MES at http://127.0.0.1:PORT (profile documented) does not answer" in doctor[1]
    assert sent == (0, f"what is owed for {wip} is sent now; station queue tells what comes of it")
    assert [effect.kind for effect in mes.ledger().of(wip)] == ["start", "complete"]
    assert none == (0, "nothing waits for being sent")
    assert "ok  mes  the MES at http://127.0.0.1:PORT (profile documented) is well" in command("doctor")[1]
    assert "\nMES  http://127.0.0.1:PORT: nothing is owed\n" in command("status")[1]


def test_a_start_that_is_refused_later_waits_for_a_person(
    station: RunningStation, run: Run, mes: ReferenceMes, command: Command, wip: str
) -> None:
    unknown = "WIP-KR01PSA2598-001"
    mes.down()
    run("quick", unknown)
    mes.up()
    command("queue", "send", folder=station.folder)
    until(lambda: _parked(station) != [], 15, "it is not parked")
    item = _parked(station)[0]

    listed = command("queue", folder=station.folder)
    refused = command("queue", "retry", item.partition("/")[0][-6:], folder=station.folder)
    mes.seed(wip_ids=[unknown])
    taken = command("queue", "retry", item, folder=station.folder)
    until(lambda: len(mes.ledger().of(unknown)) == 2, 10, "the end does not follow")

    assert "→ WIP를 찾을 수 없습니다" in listed[1]
    assert listed[1].splitlines()[-1] == ("1 pending, 1 needs a person (station queue retry|discard), oldest N s")
    assert refused[0] == 3
    assert refused[1].startswith("RUN/start_process: start needs a person: WIP를 찾을 수 없습니다")
    assert taken == (0, "RUN/start_process: start delivered")


def test_a_run_that_says_nothing_about_the_unit_needs_a_disposition(
    station: RunningStation, run: Run, mes: ReferenceMes, command: Command, wip: str
) -> None:
    code, written = run("faulty", wip)
    item = _parked(station)[0]

    undecided = command("queue", "retry", item, folder=station.folder)
    decided = command("queue", "retry", item, "--result", "rework", folder=station.folder)
    late = command("queue", "retry", item, "--result", "fail", folder=station.folder)

    assert code == 2
    assert _told(written)[1].startswith(DISPOSITION)
    assert undecided == (
        2, f"NEEDS_DISPOSITION: The run of {wip} said nothing about the unit; say which result is sent: "
        "pass, fail or rework.",
    )  # fmt: skip
    assert decided == (0, "RUN/complete_process: end REWORK delivered")
    assert late == (2, "ITEM_NOT_PARKED: Item RUN/complete_process does not wait for a person: it is delivered.")
    assert [effect.result for effect in mes.ledger().of(wip)] == [None, "REWORK"]


def test_a_discard_needs_a_reason_and_is_kept(
    station: RunningStation, run: Run, mes: ReferenceMes, command: Command, wip: str
) -> None:
    run("faulty", wip)
    item = _parked(station)[0]

    without = command("queue", "discard", item, folder=station.folder)
    unnamed = command("queue", "discard", "--reason", "x", folder=station.folder)
    unknown = command("queue", "discard", "7QX2ZZ", "--reason", "x", folder=station.folder)
    done = command("queue", "discard", item, "--reason", "scrapped by hand", folder=station.folder)
    shown = command("show", "last", folder=station.folder)

    assert without == (2, "REASON_MISSING: Discarding needs a reason: the MES will never hear of this item.")
    assert unnamed[1] == (
        "INVALID_PARAMETERS: Which item? `station queue` lists them; an end of the run's id is enough."
    )
    assert unknown == (
        2, "ITEM_NOT_FOUND: There is no item 7QX2ZZ in the queue; `station queue` lists what is owed."
    )  # fmt: skip
    assert done == (0, "RUN/complete_process: is not sent; the reason is kept with it")
    assert re.search(r"end discarded: discarded by \S+: scrapped by hand", shown[1])
    assert [effect.kind for effect in mes.ledger().of(wip)] == ["start"]


def test_a_decision_reaches_a_delivery_that_the_engine_has_lost(
    station: RunningStation, run: Run, mes: ReferenceMes, wip: str
) -> None:
    run("faulty", wip)
    item = _parked(station)[0]
    _lose_delivery(station, wip)

    ended = station.cli("queue", "retry", item, "--result", "fail", "--json")

    assert json.loads(ended.stdout)["state"] == "delivered"
    assert [effect.result for effect in mes.ledger().of(wip)] == [None, "FAIL"]


def test_what_is_pending_is_sent_though_the_engine_has_lost_its_delivery(
    station: RunningStation, run: Run, mes: ReferenceMes, wip: str
) -> None:
    mes.down()
    run("quick", wip)
    _lose_delivery(station, wip)
    mes.up()

    ended = station.cli("queue", "send", "--json")

    assert json.loads(ended.stdout) == {"wips": [wip]}
    until(lambda: len(mes.ledger().of(wip)) == 2, 10, "it is not sent")


def test_a_unit_in_the_same_process_on_another_slot_is_refused(
    station: RunningStation, run: Run, command: Command, wip: str
) -> None:
    started = run("slow", wip, "--no-wait")
    until(lambda: holds(station), 20, "the run does not come to its long step")

    code, written = run("quick", wip)
    again = run("faulty", wip, "--json")
    command("stop", "slow")
    until(lambda: _parked(station) != [], 20, "the run does not end")
    command("queue", "discard", _parked(station)[0], "--reason", "stopped by the test")

    assert started[0] == 0
    assert code == 3
    assert written == (
        f"run RUN on quick · {wip}\nrefused  quick  run RUN\n"
        f"reason:  WIP_BUSY: WIP {wip} is in that process on this station already: run RUN.\n"
        "  이 WIP는 이미 이 스테이션에서 검사 중입니다"
    )
    assert again[0] == 3
    assert json.loads(again[1])["reason"]["code"] == "WIP_BUSY"


def test_a_unit_that_passed_everything_gets_its_serial_number(
    station: RunningStation, mes: ReferenceMes, command: Command
) -> None:
    wip = mes.seed(passed=range(1, 7))[0]

    converted = command("convert", wip, "--operator", "5", "--notes", "by hand", folder=station.folder)

    assert converted == (0, f"{wip} → SN-{wip.removeprefix('WIP-')}")
    assert len(mes.ledger().of(wip, "convert")) == 1


def test_a_conversion_that_is_refused_is_told_and_holds_up_nothing(
    station: RunningStation, command: Command, wip: str
) -> None:
    refused = command("convert", wip, "--operator", "5", folder=station.folder)
    owed = command("queue", folder=station.folder)
    wrong = command("convert", "WIP-1", "--operator", "kim", folder=station.folder)

    assert refused == (
        3, f"{wip} is not converted: INVALID_WIP_STATUS: {wip} is CREATED; only a COMPLETED WIP gets its serial "
        "number\nWIP 상태가 이 작업을 허용하지 않습니다",
    )  # fmt: skip
    assert owed == (0, "Nothing is owed to the MES.")
    assert wrong[0] == 2
    assert wrong[1].startswith("INVALID_PARAMETERS: WIP 'WIP-1' does not look like one")


def test_a_conversion_is_queued_once_while_the_mes_is_away(
    station: RunningStation, mes: ReferenceMes, command: Command, wip: str
) -> None:
    whole = mes.seed(passed=range(1, 7))[0]
    mes.down()
    queued = command("convert", whole, "--operator", "5", folder=station.folder)
    again = command("convert", whole, "--operator", "5", "--json", folder=station.folder)
    mes.up()
    command("queue", "send", folder=station.folder)
    until(lambda: len(mes.ledger().of(whole, "convert")) == 1, 15, "it is not sent")

    assert queued[0] == 0
    assert queued[1].startswith(f"{whole}: the conversion is queued: ")
    assert json.loads(again[1])["state"] == "queued"


def test_without_a_mes_nothing_is_converted(command: Command, tmp_path: Path) -> None:
    prepare_station(tmp_path, [])

    code, written = command("convert", "WIP-KR01PSA2511-001", "--operator", "5", folder=tmp_path)

    assert code == 2
    assert written.startswith("MES_NOT_CONFIGURED: ")


def _told(written: str) -> list[str]:
    """What is said of the MES below a run's result, one text for each thing it is told."""
    lines = written.partition("\nMES:")[2].splitlines()
    return [line.strip() for line in lines]


def _parked(station: RunningStation) -> list[str]:
    return [row[0] for row in station.rows("SELECT item_id FROM sync_queue WHERE state = 'parked' ORDER BY id")]


def _lose_delivery(station: RunningStation, wip: str) -> None:
    """What an engine does whose file is lost."""

    async def terminate() -> None:
        client = await station.client()
        await client.get_workflow_handle(delivery_workflow_id("T1", wip)).terminate("lost")

    asyncio.run(terminate())
