"""One client of the socket: what it wants, how far it is, and what it is told next."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice

from api.live.coalescing import coalesced
from api.live.messages import Coalesced, Compat, ControlMessage, Ping, Snapshot, Snapshots, Subscribed
from api.live.recent import Recent
from api.live.shapes import Telling, control

QUEUE = 1_000
"""Messages a client may be behind ..."""
QUEUE_BYTES = 2**20
"""... and bytes of them. After that it is told less."""
PING_EVERY = 1.0
"""Seconds."""
_AT_ONCE = 64
_BYTES_AT_ONCE = 2**16
"""After so many events, or bytes, other clients have their turn."""


class Selection:
    """The batches a client has subscribed.

    Attributes:
        everything: Whether all are, and the station itself.
        batches: Which, where not everything is.
        without: What was taken out of everything.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.everything = False
        self.batches: set[str] = set()
        self.without: set[str] = set()

    def __bool__(self) -> bool:
        """Whether anything is subscribed."""
        return self.everything or bool(self.batches)

    def __contains__(self, batch: str | None) -> bool:
        """Whether a batch's events are wanted; None: the station's."""
        return batch not in self.without if self.everything else batch in self.batches

    def add(self, batches: Sequence[str]) -> None:
        """Subscribe batches; none: everything."""
        if not batches:
            self.everything = True
            self.without.clear()
        elif self.everything:
            self.without.difference_update(batches)
        else:
            self.batches.update(batches)

    def remove(self, batches: Sequence[str]) -> None:
        """Take batches back; none: everything."""
        if not batches:
            self.everything = False
            self.batches.clear()
            self.without.clear()
        elif self.everything:
            self.without.update(batches)
        else:
            self.batches.difference_update(batches)


class Client:
    """A client at its own place in the latest events.

    It has no queue of its own: slow or quick, it costs its place and what it is being sent.

    Args:
        recent: The latest events.
        epoch: Which database they are of.
        compat: In whose words it is spoken to.
        send: Sends whole frames; waits while the client takes nothing.
        is_current: Whether the station sees what happens; while it does not, no pings are sent.

    Attributes:
        selection: What it wants.
        busy_since: Since when it has been taking a message, by the event loop's clock; None while it is not.
    """

    def __init__(
        self,
        recent: Recent,
        *,
        epoch: str,
        compat: Compat,
        send: Callable[[bytes], Awaitable[None]],
        is_current: Callable[[], bool],
    ) -> None:
        self.compat = compat
        self.selection = Selection()
        self.busy_since: float | None = None
        self._recent = recent
        self._epoch = epoch
        self._send = send
        self._is_current = is_current
        self._wake = asyncio.Event()
        self._place = recent.end  # everything up to here was sent, is being sent, or is not wanted
        self._whole_until = 0  # what the client resumes; it is never summed up
        self._notices: deque[bytes] = deque()
        self._kept: deque[Telling] = deque()  # the sum of what it has not taken
        self._kept_until = 0

    def say(self, message: ControlMessage) -> None:
        """Tell it something that is no event, before what comes next."""
        self._notices.append(control(message, self.compat))
        self._wake.set()

    def wake(self, batches: Iterable[str | None]) -> None:
        """Tell it that something has happened on these batches."""
        if any(batch in self.selection for batch in batches):
            self._wake.set()

    def subscribe(self, batches: Sequence[str], after: int | None = None) -> None:
        """Send the events of more batches; none: of all.

        Args:
            batches: Their ids.
            after: The id to go on from, where this is the first subscription; None: from now on.
        """
        if not self.selection:
            self._place = self._recent.end if after is None else after
            self._whole_until = self._recent.end
        self.selection.add(batches)
        self._confirm()

    def unsubscribe(self, batches: Sequence[str]) -> None:
        """Send the events of these batches no more; none: of all."""
        self.selection.remove(batches)
        if not self.selection:
            self._kept.clear()
        self._confirm()

    def start_over(self, reason: Snapshots) -> None:
        """Let it read anew how things stand, and go on from now."""
        self._kept.clear()
        self._place = self._whole_until = self._recent.end
        self.say(Snapshot(id=self._place, epoch=self._epoch, reason=reason))

    async def talk(self) -> None:
        """Send what there is to send, until the connection breaks or this is cancelled."""
        loop = asyncio.get_running_loop()
        ping_at = loop.time() + PING_EVERY
        while True:
            while self._notices:
                await self._give(self._notices.popleft())
            if loop.time() >= ping_at:
                ping_at = loop.time() + PING_EVERY
                if self._is_current():
                    await self._give(control(Ping(id=self._known()), self.compat))
            if self._is_behind():
                await self._tell()
                await asyncio.sleep(0)
                continue
            self._wake.clear()
            if not self._notices and not self._is_behind():
                timer = loop.call_at(ping_at, self._wake.set)
                await self._wake.wait()
                timer.cancel()

    def _known(self) -> int:
        """The id up to which the client knows everything it wants."""
        return self._place if self.selection else self._recent.end

    def _is_behind(self) -> bool:
        return bool(self.selection) and (bool(self._kept) or self._place < self._recent.end)

    async def _tell(self) -> None:
        """Send the next events, in one go."""
        if not self._kept:
            self._keep_up()
        summed_up = bool(self._kept)
        coming = islice(self._kept, _AT_ONCE) if summed_up else self._recent.after(self._place, _AT_ONCE)
        frames, size, seen, last = list[bytes](), 0, 0, self._place
        for telling in coming:
            if telling.event.batch in self.selection:
                frames.append(telling.frames(self.compat))
                size += len(frames[-1])
            seen, last = seen + 1, telling.event.id
            if size >= _BYTES_AT_ONCE:
                break
        if summed_up:
            for _ in range(seen):
                self._kept.popleft()
            if not self._kept:
                last = self._kept_until
        # Before it is sent: what the client says meanwhile goes on from there.
        self._place = max(self._place, last)
        if frames:
            await self._give(b"".join(frames))

    def _keep_up(self) -> None:
        """Sum up what it has not taken where that is too much, and let it start over where even the sum is."""
        recent = self._recent
        if self._place < recent.start:
            self.start_over(Snapshots.SLOW)
            return
        if self._place < self._whole_until or _fits(*recent.behind(self._place)):
            return
        behind = recent.after(self._place, len(recent))
        wanted = [telling for telling in behind if telling.event.batch in self.selection]
        if _fits(len(wanted), _bytes(wanted)):
            return
        sums = coalesced(wanted)
        if not _fits(len(sums), _bytes(sums)):
            self.start_over(Snapshots.SLOW)
            return
        self.say(Coalesced(until=recent.end, left_out=len(wanted) - len(sums)))
        self._kept.extend(sums)
        self._kept_until = recent.end

    async def _give(self, frames: bytes) -> None:
        self.busy_since = asyncio.get_running_loop().time()
        await self._send(frames)
        self.busy_since = None

    def _confirm(self) -> None:
        chosen = self.selection
        batches = None if chosen.everything else sorted(chosen.batches)
        self.say(Subscribed(id=self._known(), batch_ids=batches, without=sorted(chosen.without)))


def _fits(count: int, size: int) -> bool:
    return count <= QUEUE and size <= QUEUE_BYTES


def _bytes(tellings: Sequence[Telling]) -> int:
    return sum(telling.size for telling in tellings)
