"""E22, the short form: a few hundred cases out of the API's own schema; `make torture SUITE=schema` sends thousands."""

from pathlib import Path

import pytest

from tests.api.served import served_station
from tests.faults.schema_fuzz import CHECKS, SECTIONS, fuzz, report

pytestmark = [pytest.mark.station, pytest.mark.faults]


def test_e22_the_api_keeps_to_its_own_schema(tmp_path: Path) -> None:
    with served_station(tmp_path, **SECTIONS) as served:
        subject = fuzz(served, 300, 1, {"without login": {}}, print, phases=("examples", "fuzzing", "stateful"))

    assert subject.failures == {}, "\n".join(report(subject))
    assert subject.cases >= 300
    assert set(subject.checked) == set(CHECKS)
    assert subject.statuses.keys() > {200, 404, 422}
