"""Search attributes: what a run can be found by in Temporal's own tools."""

from temporalio.common import SearchAttributeKey

STATION = SearchAttributeKey.for_keyword("StationId")
BATCH = SearchAttributeKey.for_keyword("StationBatch")
RUN = SearchAttributeKey.for_keyword("StationRunId")
WIP = SearchAttributeKey.for_keyword("StationWip")
SEQUENCE = SearchAttributeKey.for_keyword("StationSequence")
STATE = SearchAttributeKey.for_keyword("StationState")
OUTCOME = SearchAttributeKey.for_keyword("StationOutcome")

ALL: tuple[SearchAttributeKey[str], ...] = (STATION, BATCH, RUN, WIP, SEQUENCE, STATE, OUTCOME)
"""Seven of the ten keyword attributes a SQL-backed namespace has room for."""
