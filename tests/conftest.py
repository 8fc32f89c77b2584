"""What holds for every test: the garbage collector does not stop the process to look at what never goes away."""

from tests.heap import settle_heap


def pytest_collection_finish() -> None:
    """Keep what is loaded by now, every test and library, from the collector."""
    settle_heap()
