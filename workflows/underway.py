"""The steps of a run that are under way: begun, waited for, taken out when they have ended."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from temporalio import workflow

from station.domain.plan import StepPlan
from station.domain.run import StepReport


class UnderWay:
    """Each step with the task that performs it, in the order they began."""

    def __init__(self) -> None:
        """Have nothing under way."""
        self._tasks: list[tuple[StepPlan, asyncio.Task[StepReport]]] = []

    def __bool__(self) -> bool:
        """Whether any step is."""
        return bool(self._tasks)

    @property
    def steps(self) -> list[StepPlan]:
        """Those that are."""
        return [step for step, _ in self._tasks]

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [step.name for step, _ in self._tasks]

    def begin(self, step: StepPlan, performing: Coroutine[Any, Any, StepReport]) -> None:
        """Begin a step."""
        self._tasks.append((step, asyncio.create_task(performing)))

    async def wait(self, otherwise: Callable[[], bool] = lambda: False) -> None:
        """Wait until a step has ended, or until something else is so."""
        await workflow.wait_condition(lambda: any(task.done() for _, task in self._tasks) or otherwise())

    def collect(self) -> list[tuple[StepPlan, asyncio.Task[StepReport]]]:
        """Take out the steps that have ended, in the order they began."""
        done = [(step, task) for step, task in self._tasks if task.done()]
        self._tasks = [(step, task) for step, task in self._tasks if not task.done()]
        return done

    async def settle(self) -> None:
        """Let every step come to its end; their results belong to a round that is given up."""
        while self._tasks:
            await self.wait()
            for _, task in self.collect():
                task.exception()
