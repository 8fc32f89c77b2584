"""The slot of the activities' tests serves the tests of the batch's process too."""

from tests.activities.conftest import prepared, slot

__all__ = ["prepared", "slot"]
