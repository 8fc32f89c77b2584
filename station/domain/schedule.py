"""Which steps may begin now: the order of a plan, its needs, and who uses which instrument."""

from collections.abc import Collection, Sequence

from station.domain.plan import StepPlan


def ready_steps(steps: Sequence[StepPlan], ended: Collection[str], running: Collection[str]) -> tuple[StepPlan, ...]:
    """Choose the steps that may begin, in the order of the plan.

    A step without `needs` waits for every step before it. An instrument is used by one step at a time; a step
    without `uses` uses all of them.

    Args:
        steps: The main steps of a plan, in order.
        ended: Names of the steps that have ended, whatever their outcome.
        running: Names of the steps under way.
    """
    busy = [step for step in steps if step.name in running]
    chosen: list[StepPlan] = []
    before: set[str] = set()
    for step in steps:
        waits_for = before if step.needs is None else set(step.needs)
        before = before | {step.name}
        if step.name in ended or step.name in running or not waits_for <= set(ended):
            continue
        if not any(_share_instrument(step, other) for other in (*busy, *chosen)):
            chosen.append(step)
    return tuple(chosen)


def steps_from(steps: Sequence[StepPlan], first: str) -> tuple[StepPlan, ...]:
    """Choose the steps that are done again when a run goes back to one, in the order of the plan.

    These are the step itself, every step after it, and every step that waits for one of them through `needs`.

    Args:
        steps: The main steps of a plan, in order.
        first: Name of the step to go back to; it must be one of them.
    """
    names = [step.name for step in steps]
    again = set(names[names.index(first) :])
    found = -1
    while found != len(again):
        found = len(again)
        again |= {step.name for step in steps if not again.isdisjoint(step.needs or ())}
    return tuple(step for step in steps if step.name in again)


def find_cycle(needs: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Find steps that wait for each other: `(a, b, a)`; empty where there are none."""
    done: set[str] = set()
    for first in needs:
        path = [first]
        to_visit = [iter(needs[first])]
        while path:
            need = next((name for name in to_visit[-1] if name not in done), None)
            if need is None:
                done.add(path.pop())
                to_visit.pop()
            elif need in path:
                return (*path[path.index(need) :], need)
            else:
                path.append(need)
                to_visit.append(iter(needs.get(need, ())))
    return ()


def _share_instrument(one: StepPlan, other: StepPlan) -> bool:
    if one.uses == () or other.uses == ():
        return False
    return one.uses is None or other.uses is None or not set(one.uses).isdisjoint(other.uses)
