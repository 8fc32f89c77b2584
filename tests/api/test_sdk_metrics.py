"""The Temporal SDK's metrics of several processes as one page."""

import json
import os
from pathlib import Path

from api.metrics.sdk import merged
from station.control.layout import Layout
from station.control.sdk_metrics import measured_runtime, sdk_metrics


def test_each_family_is_there_once_with_the_process_that_says_so() -> None:
    engine = '# HELP a_total What.\n# TYPE a_total counter\na_total{x="1"} 2\n# TYPE b gauge\nb 3\n'
    slot = '# HELP a_total What.\n# TYPE a_total counter\na_total{x="1"} 5\n'

    page = merged({"engine": engine, "gone": "", "slot": slot})

    assert page.splitlines() == [
        "# HELP a_total What.",
        "# TYPE a_total counter",
        'a_total{process="engine",x="1"} 2',
        'a_total{process="slot",x="1"} 5',
        "# TYPE b gauge",
        'b{process="engine"} 3',
    ]


def test_only_the_process_itself_is_asked(tmp_path: Path) -> None:
    layout = Layout(tmp_path, tmp_path)
    (tmp_path / "run").mkdir()
    runtime = measured_runtime(layout, "engine")
    said = json.loads(layout.metrics_file("engine").read_text(encoding="utf-8"))

    assert said["pid"] == os.getpid()
    assert sdk_metrics(layout, "engine", os.getpid() + 1) == "", "an earlier process left that behind"
    assert sdk_metrics(layout, "nobody", os.getpid()) == ""
    layout.metrics_file("broken").write_text("[]", encoding="utf-8")
    assert sdk_metrics(layout, "broken", os.getpid()) == ""
    layout.metrics_file("gone").write_text(json.dumps({"pid": 1, "port": 1}), encoding="utf-8")
    assert sdk_metrics(layout, "gone", 1) == ""
    del runtime  # it serves until here
