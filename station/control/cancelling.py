"""Tells a caller who has gone from an engine that does not answer: the SDK has one exception for both."""

import asyncio


def raise_if_cancelled(error: BaseException) -> None:
    """Let a cancelled caller go, whatever the SDK made of it.

    Args:
        error: What the SDK raised.

    Raises:
        CancelledError: If the task that runs now is to be cancelled, and not only out of time.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError from error
