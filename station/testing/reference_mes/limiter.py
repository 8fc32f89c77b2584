"""A rate limit: so many requests per client address in a window that slides."""

import time
from collections import defaultdict, deque
from collections.abc import Callable

from station.testing.reference_mes.calls import CallKind
from station.testing.reference_mes.settings import MesSettings


class Limiter:
    """Counts requests; logins by themselves, health not at all."""

    def __init__(self, settings: MesSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._times: dict[tuple[str, bool], deque[float]] = defaultdict(deque)

    def wait(self, address: str, kind: CallKind) -> int:
        """Seconds a caller has to wait, at least 1; 0: it may go on, and is counted."""
        if not self._settings.requests_per_window or kind is CallKind.HEALTH:
            return 0
        login = kind is CallKind.LOGIN
        limit = self._settings.login_limit if login else self._settings.requests_per_window
        window = self._settings.rate_window.total_seconds()
        now, times = self._clock(), self._times[address, login]
        while times and times[0] <= now - window:
            times.popleft()
        if len(times) >= limit:
            return max(1, round(times[0] + window - now))
        times.append(now)
        return 0
