"""How an error of ours leaves an activity: under its own code, which the workflow shows to the operator."""

from typing import Any

from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from station.domain.errors import StationError


class OwnCodes(Interceptor):
    """Gives every StationError its code as the failure's type; the SDK would take the name of its class."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Stand between the worker and the activity."""
        return _Translated(next)


class _Translated(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: ANN401 - whatever activities answer
        """Run the activity.

        Raises:
            ApplicationError: Where the activity raised an error of the station.
        """
        try:
            return await self.next.execute_activity(input)
        except StationError as error:
            raise ApplicationError(error.message, type=error.code) from error
