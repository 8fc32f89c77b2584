"""What goes wrong, and when: decided by a seed before anything starts."""

import hashlib
import random
from dataclasses import dataclass

BATCHES = ("slot_1", "slot_2", "slot_3")
TARGETS = {"slot_1": 20, "slot_2": 20, "slot_3": 10, "engine": 15, "temporal": 15, "supervisor": 10, "everything": 15}
MOMENTS = ("run_accepted", "step_start", "step_complete", "cleaning_up", "clock")


@dataclass(frozen=True)
class Fault:
    """One kill -9.

    Attributes:
        target: A batch, `engine`, `temporal`, `supervisor` (which takes all of its children along) or `everything`.
        moment: The kind of event it waits for, or `clock`: seconds from the beginning of the round.
        which: Which event of that kind since the beginning of the round, from 0.
        delay: Seconds after that moment.
    """

    target: str
    moment: str
    which: int
    delay: float

    def __str__(self) -> str:
        place = f"{self.moment}[{self.which}]" if self.moment != "clock" else "clock"
        return f"{self.target} at {place} + {self.delay:.3f} s"


def plan_round(seed: int, number: int) -> tuple[Fault, ...]:
    """Decide the faults of one round; the same seed and number give the same faults."""
    chance = random.Random(f"{seed}/{number}")
    faults = []
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3))):
        moment = chance.choice(MOMENTS)
        faults.append(
            Fault(
                target=chance.choices(list(TARGETS), weights=list(TARGETS.values()))[0],
                moment=moment,
                which=chance.randrange(3) if moment in {"cleaning_up", "run_accepted"} else chance.randrange(14),
                delay=chance.uniform(0, 4) if moment == "clock" else chance.choice((0.0, chance.uniform(0, 0.4))),
            )
        )
    return tuple(faults)


def fingerprint(seed: int, rounds: int) -> str:
    """Name a whole plan, to show that the same seed gave the same faults."""
    text = "\n".join(str(fault) for number in range(rounds) for fault in plan_round(seed, number))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
