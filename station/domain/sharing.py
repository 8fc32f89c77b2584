"""Which shared instruments a run needs from here on, and in which order they are taken.

An instrument that is named in two batches is used by one of them at a time. Everybody takes in the order of the names,
and nobody asks for a name below one that he holds; so two batches never wait for each other.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from station.domain.plan import StepPlan


def shared_of(step: StepPlan, shared: Mapping[str, str]) -> tuple[str, ...]:
    """Name the shared instruments a step uses, in the order in which they are taken.

    Args:
        step: Without `uses` it uses all of them.
        shared: The station's name of each shared instrument, by the package's name for it.
    """
    return in_order(shared if step.uses is None else step.uses, shared)


def shared_by(
    steps: Sequence[StepPlan], ended: Collection[str], shared: Mapping[str, str], *, cleanup_only: bool = False
) -> tuple[str, ...]:
    """Name the shared instruments that are needed from here on, in the order in which they are taken.

    What a `rearm` step has set up is needed as long as there are steps that stand on it.

    Args:
        steps: All steps of a plan, those of the cleanup included: it needs its instruments as the others do.
        ended: Names of the steps that have ended.
        shared: The station's name of each shared instrument, by the package's name for it.
        cleanup_only: Whether no main step begins any more.
    """
    left = [step for step in steps if step.name not in ended and (step.cleanup or not cleanup_only)]
    if any(not step.cleanup for step in left):
        left += [step for step in steps if step.rearm and step.name in ended]
    return in_order((name for step in left for name in shared_of(step, shared)), shared)


def in_order(names: Iterable[str], shared: Mapping[str, str]) -> tuple[str, ...]:
    """Sort instruments by the station's names for them; one that is not shared, or comes twice, is left out."""
    return tuple(sorted({name for name in names if name in shared}, key=lambda name: shared[name]))


def may_be_added(names: Iterable[str], held: Iterable[str]) -> bool:
    """Whether these may be waited for while those are held; both by the station's names."""
    last = max(held, default="")
    return all(name > last for name in names)
