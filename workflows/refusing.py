"""Says no to whoever asks a workflow for what it cannot do now."""

from typing import NoReturn

from temporalio.exceptions import ApplicationError


def refuse(code: str, message: str) -> NoReturn:
    """Refuse an update from its validator: nothing of it is in the history, and whoever asked hears why.

    Raises:
        ApplicationError: Always.
    """
    raise ApplicationError(message, type=code, non_retryable=True)


class FullRestart(Exception):
    """The run begins again at its first step."""
