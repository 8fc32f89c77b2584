"""Which steps may begin: order, needs, instruments; and circles among them."""

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.domain.plan import PackageRef, Plan, StepPlan
from station.domain.schedule import find_cycle, ready_steps


def step(name: str, needs: Sequence[str] | None = None, uses: Sequence[str] | None = None) -> StepPlan:
    return StepPlan(
        name=name, needs=None if needs is None else tuple(needs), uses=None if uses is None else tuple(uses)
    )


def ready(steps: Sequence[StepPlan], ended: str = "", running: str = "") -> str:
    return "".join(chosen.name for chosen in ready_steps(steps, list(ended), list(running)))


def names(count: int) -> list[str]:
    return [f"s{number}" for number in range(count)]


def test_steps_that_say_nothing_run_one_after_the_other() -> None:
    steps = [step("a"), step("b"), step("c")]

    assert [ready(steps), ready(steps, "a"), ready(steps, "ab"), ready(steps, "abc")] == ["a", "b", "c", ""]
    assert ready(steps, running="a") == ""


def test_steps_that_need_nothing_and_share_nothing_begin_together() -> None:
    steps = [step("a", [], ["dmm"]), step("b", [], ["psu"]), step("c", [], [])]

    assert ready(steps) == "abc"


def test_a_step_waits_for_what_it_needs_whatever_that_came_to() -> None:
    steps = [step("a", [], ["dmm"]), step("b", [], ["psu"]), step("c", ["b"], ["plc"])]

    assert ready(steps, running="ab") == ""
    assert ready(steps, ended="b", running="a") == "c"


def test_an_instrument_is_used_by_one_step_at_a_time() -> None:
    steps = [step("a", [], ["dmm", "psu"]), step("b", [], ["psu"]), step("c", [], ["plc"])]

    assert ready(steps) == "ac"
    assert ready(steps, running="b") == "c"
    assert ready(steps, ended="a") == "bc"


def test_a_step_that_does_not_say_what_it_uses_uses_everything() -> None:
    steps = [step("a", [], ["dmm"]), step("b", []), step("c", [], [])]

    assert ready(steps, running="a") == "c"
    assert ready(steps, ended="ac") == "b"
    assert ready(steps, running="b") == "c"


def test_a_step_without_needs_waits_for_those_that_run_beside_each_other_before_it() -> None:
    steps = [step("a", [], ["dmm"]), step("b", [], ["psu"]), step("c")]

    assert ready(steps, ended="a", running="b") == ""
    assert ready(steps, ended="ab") == "c"


def graph(size: int, seed: int) -> list[StepPlan]:
    """Make a plan without circles: every need is an earlier step."""
    chance = random.Random(seed)
    steps = []
    for number, name in enumerate(names(size)):
        needs = chance.choice([None, chance.sample(names(number), min(number, chance.randrange(4)))])
        uses = chance.choice([None, chance.sample(["dmm", "psu", "plc", "load"], chance.randrange(3))])
        steps.append(step(name, needs, uses))
    return steps


GRAPHS = st.builds(graph, st.integers(1, 100), st.integers())


@settings(deadline=None)  # a graph of a hundred steps takes its time on a busy machine, and no time is promised
@given(GRAPHS, st.integers())
def test_every_step_of_any_graph_gets_its_turn_once_and_never_beside_one_it_shares_with(
    steps: list[StepPlan], seed: int
) -> None:
    chance = random.Random(seed)
    ended: list[str] = []
    running: list[StepPlan] = []

    while len(ended) < len(steps):
        running += ready_steps(steps, ended, [one.name for one in running])
        assert running, f"nothing may begin after {ended}"
        for one in running:
            assert one.needs is None or set(one.needs) <= set(ended)
            others = [other for other in running if other is not one and one.uses != () and other.uses != ()]
            assert not [
                other for other in others if one.uses is None or other.uses is None or set(one.uses) & set(other.uses)
            ]
        ended.append(running.pop(chance.randrange(len(running))).name)

    assert sorted(ended) == sorted(one.name for one in steps)


def test_a_graph_of_a_hundred_independent_steps_begins_at_once() -> None:
    steps = [step(name, [], []) for name in names(100)]

    assert len(ready_steps(steps, [], [])) == 100


@pytest.mark.parametrize(
    ("needs", "cycle"),
    [
        ({}, ()),
        ({"a": (), "b": ("a",), "c": ("a", "b")}, ()),
        ({"a": ("b",), "b": ("a",)}, ("a", "b", "a")),
        ({"a": ("a",)}, ("a", "a")),
        ({"a": (), "b": ("a", "d"), "c": ("b",), "d": ("c",)}, ("b", "d", "c", "b")),
        ({"start": ("a",), "a": ("b",), "b": ("a",)}, ("a", "b", "a")),
        ({"a": ("nobody",)}, ()),
    ],
)
def test_a_circle_is_named_from_its_first_step_back_to_it(
    needs: dict[str, tuple[str, ...]], cycle: tuple[str, ...]
) -> None:
    assert find_cycle(needs) == cycle


@settings(deadline=None)
@given(GRAPHS)
def test_a_graph_without_circles_has_none(steps: list[StepPlan]) -> None:
    assert find_cycle({one.name: one.needs or () for one in steps}) == ()


@given(st.dictionaries(st.sampled_from(names(8)), st.lists(st.sampled_from(names(8)), max_size=3).map(tuple)))
def test_what_is_named_is_a_circle(needs: dict[str, tuple[str, ...]]) -> None:
    cycle = find_cycle(needs)

    assert not cycle or cycle[0] == cycle[-1]
    assert all(need in needs[name] for name, need in pairwise(cycle))


def test_a_chain_of_many_steps_is_followed_to_its_end() -> None:
    chain = {f"s{number}": (f"s{number + 1}",) for number in range(2_000)}

    assert find_cycle(chain) == ()
    assert len(find_cycle({**chain, "s2000": ("s0",)})) == 2_002


def test_a_plan_knows_which_steps_make_the_verdict_and_which_clean_up() -> None:
    plan = Plan(
        package=PackageRef(name="demo", version="1.0.0", content_hash="0" * 64),
        steps=(step("a"), step("b"), StepPlan(name="off", cleanup=True)),
    )

    assert [one.name for one in plan.main_steps] == ["a", "b"]
    assert [one.name for one in plan.cleanup_steps] == ["off"]
