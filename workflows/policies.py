"""Every timeout and retry policy of the workflows, by name, each with its reason."""

from datetime import timedelta

from temporalio.common import RetryPolicy

ONCE = RetryPolicy(maximum_attempts=1)
"""For whatever touches hardware: another attempt is the workflow's decision, never the server's."""

UNTIL_RECORDED = RetryPolicy(
    initial_interval=timedelta(milliseconds=500), backoff_coefficient=2, maximum_interval=timedelta(seconds=2)
)
"""For whatever only writes to our own database: unlimited, because a result that is not written is lost; and never
more than two seconds apart, because a run waits for it and a database that is back is to be noticed at once."""

RECORDING_TIMEOUT = timedelta(seconds=5)
"""A commit takes milliseconds, and may be repeated without harm; after this the engine that held it is dead."""

OPENING_TIMEOUT = timedelta(minutes=2)
"""Opening every instrument of a slot, with their own timeouts, and the package's setup."""

RECONNECTING_TIMEOUT = timedelta(minutes=3)
"""Disconnecting and connecting every instrument of a slot, making it safe, asking who it is."""

RECONNECT_AT_LEAST = timedelta(seconds=1)
"""Shortest pause between tries that have no end: an instrument that refuses at once must not keep the station busy."""

CLOSING_TIMEOUT = timedelta(minutes=1)
"""Making every instrument safe and letting go of it."""

SHARING_PATIENCE = timedelta(minutes=30)
"""Waiting for a shared instrument is asked for anew after this, so that a call ends some day; the wait does not."""

SHARED_FOR_CLEANUP = timedelta(minutes=10)
"""How long cleanup waits for a shared instrument that it does not hold. What it holds up is a slot, and no danger: an
instrument that another run has was made safe when it was given back, or taken."""

GATHERED_WITHIN = timedelta(minutes=1)
"""Whoever starts several runs at a barrier tells them when all are started; if it has died, they go on without it."""

ASKED_AGAIN_AFTER = timedelta(seconds=10)
ASKED_AGAIN_AFTER_MAX = timedelta(minutes=5)
"""Runs that are missing at a barrier are told again that they are waited for, with growing pauses: one that was ended
from outside has told nobody that it has left, and is noticed so."""

RECONCILING_MARGIN = timedelta(seconds=30)
"""Reconciling may wait for a step that still runs, so it gets that step's own time and this on top."""

STEP_MARGIN = timedelta(seconds=15)
"""What the server grants beyond timeout and grace, which the worker itself keeps: for the journal, and for load."""

WORKER_EXPECTED_WITHIN = timedelta(seconds=4)
"""A call nobody has taken up after this long shows the run as waiting for its worker."""

CLEANUP_ATTEMPTS = 3
"""How often a cleanup step that ends in ERROR is tried; cut off by a kill from outside it is repeated for ever."""

OPEN_ATTEMPTS_FOR_CLEANUP = 3
"""How often an unreachable instrument is tried before a run ends without a confirmed safe state."""

RECONCILE_ATTEMPTS = 3
"""How often a process that answers, but cannot say what became of a step, is asked before it counts as cut off."""

UNEXPLAINED_INTERRUPTIONS = 5
"""After so many interruptions of one step whose cause nobody saw, the step itself may be the cause: somebody is asked
instead of trying again, and a cleanup step, for which nobody is asked, has failed."""

MANUAL_PROCESS_WITHIN = timedelta(seconds=15)
"""A batch's process that has not taken up the opening of a manual session by then is not there: the person is told."""

COMMAND_MARGIN = timedelta(seconds=10)
"""What the server grants beyond a command's own timeout, which the worker keeps; blocked code is found out in it."""

WATCH_TIMEOUT = timedelta(days=1)
"""One watch over a manual session; after it the next one begins, and a session that lives notices nothing."""

WATCH_ENDS_WITHIN = timedelta(seconds=2)
"""The watch ends with the session it watches over; one that does not is left behind with its process."""

LOOKS_AFTER_LOSS = (timedelta(seconds=1), timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=8))
"""Pauses between looks at whether a session that lost its process has been made safe: by the one that ends in order,
or by its successor at its start."""

MES_CALL_TIMEOUT = timedelta(seconds=120)
"""One delivery may take a scan, a trace and the call itself, each with the client's own shorter timeout."""

SUBMIT_ATTEMPTS = 5
"""How often the station's own failure to hand something over to a delivery is met with another try; an engine that died
and a database that is away do not count."""

MES_BACKOFF = timedelta(seconds=1)
MES_BACKOFF_MAX = timedelta(seconds=60)
"""Between tries while the MES is away; with jitter, so that a hundred WIPs do not knock at once."""

ENGINE_HEARTBEAT = timedelta(seconds=5)
"""A call to the MES may take long, but an engine that died in the middle of it is noticed after this."""
