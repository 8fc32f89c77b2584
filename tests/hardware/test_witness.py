"""What the log of a bench proves, on logs written by hand."""

from station.hardware.simulation.log import BenchEvent, EventKind
from station.hardware.simulation.witness import (
    Interval,
    Overlap,
    commands,
    energised,
    is_energised_at,
    overlapping_connections,
)


def event(t: float, kind: EventKind, slot: str | None = "slot_1", **facts: object) -> BenchEvent:
    return BenchEvent.model_validate({"t": t, "mono": t, "event": kind, "slot": slot, **facts})


def state(t: float, name: str, value: bool, slot: str = "slot_1") -> BenchEvent:
    return event(t, "state", slot, name=name, value=value)


def test_a_slot_is_energised_from_the_first_thing_on_to_the_last_thing_off() -> None:
    events = [
        state(1, "output", True),
        state(2, "heater", True),
        state(2.5, "output", True, slot="slot_2"),
        state(3, "output", False),
        state(4, "heater", False),
        state(6, "load", True),
    ]

    intervals = energised(events, "slot_1")

    assert intervals == [Interval(1, 4, frozenset({"output", "heater"})), Interval(6, None, frozenset({"load"}))]
    assert [is_energised_at(events, "slot_1", t) for t in (0.9, 1, 3.9, 4, 5, 6, 99)] == [
        False, True, True, False, False, True, True,
    ]  # fmt: skip


def test_a_restart_of_the_bench_takes_all_energy_off() -> None:
    events = [state(1, "output", True), event(5, "start", None), state(5, "output", False)]

    assert energised(events, "slot_1") == [Interval(1, 5, frozenset({"output"}))]


def test_connections_overlap_only_on_one_instrument_and_only_while_both_are_open() -> None:
    events = [
        event(1, "connect", instrument="psu", connection=1),
        event(2, "connect", instrument="dmm", connection=1),
        event(3, "disconnect", instrument="psu", connection=1),
        event(3, "connect", instrument="psu", connection=2),
        event(4, "connect", instrument="psu", connection=3),
        event(5, "disconnect", instrument="psu", connection=2),
    ]

    assert overlapping_connections(events, "slot_1") == [Overlap("psu", 2, 3, 4, 5)]
    assert overlapping_connections(events, "slot_2") == []


def test_a_killed_bench_leaves_no_connection_behind() -> None:
    events = [
        event(1, "connect", instrument="psu", connection=1),
        event(2, "start", None),
        event(3, "connect", instrument="psu", connection=1),
    ]

    assert overlapping_connections(events, "slot_1") == []


def test_commands_are_told_by_slot_and_instrument() -> None:
    events = [
        event(1, "command", instrument="psu", text="OUTP ON"),
        event(2, "command", instrument="dmm", text="*IDN?"),
        event(3, "command", "slot_2", instrument="psu", text="OUTP ON"),
        event(4, "reply", instrument="dmm", text="x"),
    ]

    assert [e.text for e in commands(events, "slot_1")] == ["OUTP ON", "*IDN?"]
    assert [e.text for e in commands(events, "slot_1", "dmm")] == ["*IDN?"]
