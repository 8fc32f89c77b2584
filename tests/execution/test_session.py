"""One session: how it opens, how its instruments are asked, how it closes."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from station.domain.errors import CriticalError, HardwareError, StepError
from station.domain.outcome import Outcome
from station.domain.run import UnitUnderTest
from station.execution.files import FileStore
from station.execution.package import load_package
from station.execution.session import Session
from tests.execution.conftest import DRIVER, OpenBench, Package

METERS = """
hardware:
  a: {driver: meter, class: Meter}
  b: {driver: meter, class: Meter}
"""


def calls(*names: str) -> dict[str, dict[str, list[str]]]:
    return {name: {"calls": []} for name in names}


# --- opening and closing ---


async def test_instruments_are_connected_in_order_and_made_safe_before_anything_else(
    package: Package, tmp_path: Any
) -> None:
    package.write("drivers/meter.py", DRIVER)
    package.sequence(
        """
        def __init__(self, a=None):
            self.a = a
        async def setup(self):
            self.a.calls.append("setup")
        async def teardown(self):
            self.a.calls.append("teardown")
        @step(1)
        async def one(self): ...
        """,
        METERS,
    )
    shared: list[str] = []
    session = Session(
        load_package(package.root),
        None,
        {"a": {"calls": shared}, "b": {"calls": shared}},  # type: ignore[dict-item]
        FileStore(tmp_path),
        UnitUnderTest(),
        "run-1",
    )

    instruments = await session.open()
    opened = list(shared)
    shared.clear()
    faults = await session.close()

    assert opened == ["connect", "make_safe", "connect", "make_safe", "setup"]
    assert [(known.name, known.identity, known.safe) for known in instruments] == [
        ("a", "METER a", True),
        ("b", "METER b", True),
    ]
    assert shared == ["make_safe", "make_safe", "teardown", "disconnect", "disconnect"]
    assert faults == ()
    assert await session.close() == ()


async def test_what_was_opened_is_closed_when_a_later_instrument_fails(package: Package, opened: OpenBench) -> None:
    package.write("drivers/meter.py", DRIVER)
    package.write(
        "drivers/broken.py",
        "class Broken:\n    def connect(self): raise OSError('no cable')\n"
        "    def disconnect(self): ...\n    def reset(self): ...",
    )
    package.sequence(
        "@step(1)\nasync def one(self): ...",
        "hardware:\n  a: {driver: meter, class: Meter}\n  b: {driver: broken, class: Broken}\n",
    )
    heard: list[str] = []

    with pytest.raises(HardwareError) as caught:
        async with opened({"a": {"calls": heard}}):
            pass

    assert caught.value.message == "instrument b: connect failed with OSError: no cable"
    assert caught.value.code == "HARDWARE_NOT_CONNECTED"
    assert heard == ["connect", "make_safe", "make_safe", "disconnect"]


async def test_an_instrument_that_fails_does_not_keep_those_after_it_from_being_made_safe(
    package: Package, opened: OpenBench
) -> None:
    package.write("drivers/meter.py", DRIVER)
    package.write(
        "drivers/broken.py",
        "class Broken:\n    def connect(self): raise OSError('no cable')\n"
        "    def disconnect(self): ...\n    def reset(self): ...",
    )
    package.sequence(
        "@step(1)\nasync def one(self): ...",
        "hardware:\n  a: {driver: broken, class: Broken}\n  b: {driver: meter, class: Meter}\n",
    )
    heard: list[str] = []

    with pytest.raises(HardwareError, match="instrument a: connect failed with OSError: no cable"):
        async with opened({"b": {"calls": heard}}):
            pass

    assert heard == ["connect", "make_safe", "make_safe", "disconnect"]


async def test_an_instrument_that_does_not_come_back_does_not_keep_those_after_it_from_coming_back(
    package: Package, opened: OpenBench
) -> None:
    package.write("drivers/meter.py", DRIVER)
    package.write(
        "drivers/leaving.py",
        "class Leaving:\n    gone = False\n    def connect(self):\n        if self.gone: raise OSError('no cable')\n"
        "    def disconnect(self): self.gone = True\n    def reset(self): ...",
    )
    package.sequence(
        "@step(1)\nasync def one(self): ...",
        "hardware:\n  a: {driver: leaving, class: Leaving}\n  b: {driver: meter, class: Meter}\n",
    )
    heard: list[str] = []

    async with opened({"b": {"calls": heard}}) as bench:
        heard.clear()
        (fault,) = await bench.session.reconnect()
        again = list(heard)

    assert fault.message == "instrument a: connect failed with OSError: no cable"
    assert again == ["disconnect", "connect", "make_safe"]


async def test_a_driver_that_blocks_for_ever_does_not_stop_the_caller(package: Package, tmp_path: Any) -> None:
    package.write(
        "drivers/stuck.py",
        "import time\nclass Stuck:\n    def connect(self): time.sleep(60)\n"
        "    def disconnect(self): ...\n    def reset(self): ...",
    )
    package.sequence("@step(1)\nasync def one(self): ...", "hardware:\n  a: {driver: stuck, class: Stuck}\n")
    session = Session(
        load_package(package.root),
        None,
        {},
        FileStore(tmp_path),
        UnitUnderTest(),
        "run-1",
        instrument_patience=timedelta(seconds=0.1),
    )
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.02)
            ticks += 1

    ticking = asyncio.create_task(tick())
    with pytest.raises(HardwareError) as caught:
        await session.open()
    ticking.cancel()

    assert caught.value.message == "opening the instruments did not end within 0.3 s; is the code blocking?"
    assert ticks > 20


async def test_an_instrument_that_cannot_be_made_safe_is_a_fault_and_the_others_are_made_safe(
    package: Package, opened: OpenBench
) -> None:
    package.write("drivers/meter.py", DRIVER)
    package.sequence("@step(1)\nasync def one(self, ctx):\n    self.b.make_safe = lambda: 1 / 0", METERS)
    hardware = calls("a", "b")

    async with opened(hardware) as bench:
        await bench.run("one")
        hardware["a"]["calls"].clear()

        faults = await bench.session.make_safe()

    assert [(fault.code, fault.message) for fault in faults] == [
        ("HARDWARE_ERROR", "instrument b: make_safe failed with ZeroDivisionError: division by zero")
    ]
    assert hardware["a"]["calls"][0] == "make_safe"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "hardware settings for demo are wrong: a: station.yaml says nothing about this instrument"),
        ({"a": {"prt": "x"}}, "hardware settings for demo are wrong: a: port is missing; it is required"),
        ({"a": {"port": 7}}, "hardware settings for demo are wrong: a: port is 7; it must be a text"),
    ],
)
async def test_wrong_settings_are_refused_before_anything_is_connected(
    package: Package, opened: OpenBench, settings: Any, message: str
) -> None:
    package.write("drivers/meter.py", DRIVER)
    package.sequence(
        "@step(1)\nasync def one(self): ...",
        "hardware:\n  a: {driver: meter, class: Meter, config_schema: {port: {type: string, required: true}}}\n",
    )

    with pytest.raises(CriticalError) as caught:
        async with opened(settings):
            pass

    assert caught.value.message == message


@pytest.mark.parametrize(
    "signature", ["self, name, config", "self, config", "self", "self, port, baudrate=1", "self, **config"]
)
async def test_a_driver_may_be_constructed_in_every_way_authors_know(
    package: Package, opened: OpenBench, signature: str
) -> None:
    package.write(
        "drivers/meter.py",
        f"class Meter:\n    def __init__({signature}): self.got = locals()\n"
        "    def connect(self): ...\n    def disconnect(self): ...\n    def reset(self): ...",
    )
    package.sequence(
        "@step(1)\ndef one(self):\n    return {'got': sorted(map(str, self.a.got.values()))[:0]}",
        "hardware:\n  a: {driver: meter, class: Meter}\n",
    )

    async with opened({"a": {"port": "tty", "baudrate": 9600}}) as bench:
        result = await bench.run("one")

    assert result.report.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("setup", "message"),
    [
        ("raise ValueError('bad')", "setup failed with ValueError: bad"),
        ("raise CriticalError('no air')", "no air"),
        ("sys.exit(4)", "setup failed with Ended: the code asked the process to end (SystemExit)"),
    ],
)
async def test_a_setup_that_fails_is_a_step_error(
    package: Package, opened: OpenBench, setup: str, message: str
) -> None:
    package.sequence(f"async def setup(self):\n    {setup}\n@step(1)\nasync def one(self): ...")

    with pytest.raises(StepError) as caught:
        async with opened():
            pass

    assert caught.value.message == message


# --- asking the instruments ---


async def test_a_drivers_method_can_be_called_by_hand(package: Package, opened: OpenBench) -> None:
    package.write("drivers/meter.py", DRIVER + "\n    async def add(self, a, b=1):\n        return a + b\n")
    package.sequence("@step(1)\nasync def one(self): ...", METERS)

    async with opened(calls("a", "b")) as bench:
        answer = await bench.session.command("a", "add", {"a": 2}, timedelta(seconds=1))

    assert answer == 3


@pytest.mark.parametrize(
    ("instrument", "method", "arguments", "message"),
    [
        ("c", "identify", {}, "there is no command identify on an instrument c"),
        ("a", "_secret", {}, "there is no command _secret on an instrument a"),
        ("a", "calls", {}, "there is no command calls on an instrument a"),
        ("a", "identify", {"x": 1}, "a.identify: got an unexpected keyword argument 'x'"),
        ("a", "boom", {}, "instrument a: boom failed with ZeroDivisionError: division by zero"),
        ("a", "hang", {}, "instrument a: hang did not end within 0.1 s and was cut off"),
        ("a", "leave", {}, "instrument a: leave failed with Ended: the code asked the process to end (SystemExit)"),
    ],
)
async def test_a_command_that_cannot_be_done_is_told_in_words(
    package: Package, opened: OpenBench, instrument: str, method: str, arguments: dict[str, Any], message: str
) -> None:
    package.write(
        "drivers/meter.py",
        DRIVER
        + "\n    def boom(self): return 1 / 0"
        + "\n    def leave(self): raise SystemExit"
        + "\n    async def hang(self):\n        import asyncio\n        await asyncio.sleep(9)\n",
    )
    package.sequence("@step(1)\nasync def one(self): ...", METERS)

    async with opened(calls("a", "b")) as bench:
        with pytest.raises(StepError) as caught:
            await bench.session.command(instrument, method, arguments, timedelta(seconds=0.1))

    assert caught.value.message == message


async def test_instruments_are_tested_and_connected_again(package: Package, opened: OpenBench) -> None:
    package.write("drivers/meter.py", DRIVER + "\n    async def self_test(self): return self.name != 'b'\n")
    package.sequence("@step(1)\nasync def one(self): ...", METERS)
    hardware = calls("a", "b")

    async with opened(hardware) as bench:
        faults = await bench.session.self_test()
        known = await bench.session.identify()
        hardware["a"]["calls"].clear()
        again = await bench.session.reconnect()
        heard = list(hardware["a"]["calls"])

    assert [fault.message for fault in faults] == ["instrument b: its self test failed"]
    assert [one.identity for one in known] == ["METER a", "METER b"]
    assert again == ()
    assert heard == ["disconnect", "connect", "make_safe"]


async def test_a_closed_session_begins_no_step(package: Package, opened: OpenBench) -> None:
    package.sequence("@step(1)\nasync def one(self): ...")

    async with opened() as bench:
        await bench.session.close()
        with pytest.raises(StepError) as caught:
            bench.start("one")

    assert caught.value.message == "step one cannot begin: the session is closed"


async def test_a_teardown_that_fails_is_a_problem_that_is_returned(package: Package, opened: OpenBench) -> None:
    package.sequence("async def teardown(self):\n    1 / 0\n@step(1)\nasync def one(self): ...")

    async with opened() as bench:
        faults = await bench.session.close()

    assert [(fault.code, fault.message) for fault in faults] == [
        ("TEARDOWN_FAILED", "StepError: teardown failed with ZeroDivisionError: division by zero")
    ]
