"""Keeps the garbage collector from stopping the test process to look at what stays."""

import gc


def settle_heap() -> None:
    """Take everything there is now out of the collector's sight, as the station's nursery does for its processes.

    With every test and library loaded, one full collection holds every thread for 0.2 to 0.6 s. A test with a server
    or an instrument in its own process sees that as an answer that does not come in time.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
