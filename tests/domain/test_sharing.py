"""Which shared instruments a run needs, and that nobody waits for each other when they are taken in order."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from station.domain.plan import StepPlan
from station.domain.sharing import in_order, may_be_added, shared_by, shared_of

SHARED = {"dmm": "Z", "psu": "A", "scope": "M"}


def step(name: str, *uses: str, cleanup: bool = False, everything: bool = False) -> StepPlan:
    return StepPlan(name=name, uses=None if everything else uses, cleanup=cleanup)


def test_a_step_needs_the_shared_ones_among_those_it_uses_in_the_order_of_the_stations_names() -> None:
    assert shared_of(step("a", "dmm", "relay", "psu"), SHARED) == ("psu", "dmm")
    assert shared_of(step("a", "relay"), SHARED) == ()
    assert shared_of(step("a"), SHARED) == ()


def test_a_step_that_does_not_say_what_it_uses_needs_every_shared_one() -> None:
    assert shared_of(step("a", everything=True), SHARED) == ("psu", "scope", "dmm")
    assert shared_of(step("a", everything=True), {}) == ()


def test_from_here_on_is_what_steps_that_have_not_ended_need_and_the_cleanup() -> None:
    steps = [step("a", "dmm"), step("b", "psu"), step("off", "scope", cleanup=True)]

    assert shared_by(steps, [], SHARED) == ("psu", "scope", "dmm")
    assert shared_by(steps, ["a"], SHARED) == ("psu", "scope")
    assert shared_by(steps, ["a", "b"], SHARED) == ("scope",)
    assert shared_by(steps, ["a", "b", "off"], SHARED) == ()


def test_what_later_steps_stand_on_is_needed_as_long_as_there_are_such() -> None:
    power_up = step("a", "psu").model_copy(update={"rearm": True})
    steps = [power_up, step("b", "dmm"), step("c", "relay"), step("off", "scope", cleanup=True)]

    assert shared_by(steps, ["a"], SHARED) == ("psu", "scope", "dmm")
    assert shared_by(steps, ["a", "b"], SHARED) == ("psu", "scope")
    assert shared_by(steps, ["a", "b", "c"], SHARED) == ("scope",)
    assert shared_by(steps, ["a"], SHARED, cleanup_only=True) == ("scope",)


def test_in_the_cleanup_no_main_step_counts_any_more() -> None:
    steps = [step("a", "dmm"), step("off", "scope", cleanup=True)]

    assert shared_by(steps, [], SHARED, cleanup_only=True) == ("scope",)


def test_an_instrument_may_be_waited_for_while_only_earlier_names_are_held() -> None:
    assert may_be_added([], ["M"])
    assert may_be_added(["A"], [])
    assert may_be_added(["Z"], ["A", "M"])
    assert not may_be_added(["A", "Z"], ["M"])


names = st.sampled_from(["dmm", "psu", "scope", "relay"])


@given(uses=st.lists(st.lists(names), max_size=6), ended=st.integers(0, 6))
def test_what_is_needed_only_shrinks_as_steps_end(uses: list[list[str]], ended: int) -> None:
    steps = [step(f"s{number}", *used) for number, used in enumerate(uses)]

    before = shared_by(steps, [f"s{number}" for number in range(ended)], SHARED)
    after = shared_by(steps, [f"s{number}" for number in range(ended + 1)], SHARED)

    assert set(after) <= set(before)
    assert list(before) == sorted(before, key=lambda name: SHARED[name])


@given(st.data(), st.lists(st.lists(names, max_size=4), min_size=2, max_size=4))
def test_whoever_takes_in_order_gets_it_at_last(data: st.DataObject, wishes: Sequence[Sequence[str]]) -> None:
    """Several batches, each takes what it wishes one by one; whatever the order of events, all of them finish."""
    owner: dict[str, int] = {}
    left = [list(in_order(wish, SHARED)) for wish in wishes]
    busy = set(range(len(left)))
    while busy:
        able = [one for one in sorted(busy) if not left[one] or left[one][0] not in owner]
        assert able, "everybody waits for somebody"
        one = data.draw(st.sampled_from(able))
        if left[one]:
            held = [SHARED[name] for name, who in owner.items() if who == one]
            assert may_be_added([SHARED[left[one][0]]], held)
            owner[left[one].pop(0)] = one
        else:
            busy.discard(one)
            owner = {name: who for name, who in owner.items() if who != one}
