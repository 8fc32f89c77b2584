"""What many runs say together, over the API, on a real station."""

from typing import Any

import httpx

from tests.api.served import Served


def of_quick(api: httpx.Client, what: str, **asked: Any) -> Any:
    answer = api.get(f"/api/statistics/{what}", params={"sequence_name": "quick", **asked})
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer.json()


def run(served: Served, api: httpx.Client, voltage: float, wip: str | None = None) -> None:
    served.start(api, "quick", wip_id=wip, parameters={"voltage": voltage})
    served.wait_free(api, "quick")


def test_s4_23_the_figures_of_a_line(served: Served, api: httpx.Client) -> None:
    for voltage, wip in ((5.0, "A"), (6.0, "B"), (5.2, "B"), (5.1, None)):
        run(served, api, voltage, wip)

    summary = of_quick(api, "summary")
    (group,) = summary["groups"]
    failures = of_quick(api, "failures")
    series = of_quick(api, "series", step="weigh", measurement="rail")
    steps = of_quick(api, "steps")

    assert (group["runs"], group["outcomes"]) == (4, {"PASSED": 3, "FAILED": 1, "ERROR": 0, "ABORTED": 0})
    assert (group["first_pass_yield"]["passed"], group["first_pass_yield"]["total"]) == (2, 3)
    assert (group["final_yield"]["passed"], group["final_yield"]["total"]) == (3, 3)
    assert summary["rolled_yield"]["value"] == group["first_pass_yield"]["value"]
    assert [stage["sequence_name"] for stage in summary["rolled_yield"]["stages"]] == ["quick"]
    assert 0.2 < group["first_pass_yield"]["low"] < 2 / 3 < group["first_pass_yield"]["high"] < 0.95
    assert 0 < group["duration_p50"] <= group["duration_p95"]
    (cause,) = failures["causes"]
    assert (cause["step"], cause["name"], cause["count"], cause["cumulative"]) == ("weigh", "rail", 1, 1.0)
    assert [point["value"] for point in series["points"]] == [5.0, 6.0, 5.2, 5.1]
    assert [point["outcome"] for point in series["points"]] == ["PASSED", "FAILED", "PASSED", "PASSED"]
    assert series["limits"] == [
        {
            "index": 0,
            "limit": {"kind": "range", "low": 4.5, "high": 5.5},
            "limit_text": "4.5 .. 5.5",
            "low": 4.5,
            "high": 5.5,
        }
    ]
    assert sum(each["count"] for each in series["histogram"]) == 4
    assert (series["histogram"][0]["low"], series["histogram"][-1]["high"]) == (5.0, 6.0)
    assert (series["normality"], series["normality_p"]) == (None, None)
    assert (series["n"], series["minimum"], series["maximum"], series["warnings"]) == (4, 5.0, 6.0, ["few_values"])
    assert series["capability"]["cpk"] < series["capability"]["cp"]
    assert [(step["step"], step["n"]) for step in steps] == [("look", 4), ("weigh", 4), ("tidy", 4)]
    assert of_quick(api, "measurements") == [{"step": "weigh", "measurement": "rail", "unit": "V"}]


def test_a_step_is_followed_from_hour_to_hour(served: Served, api: httpx.Client) -> None:
    run(served, api, 5.0)
    (step,) = [step for step in of_quick(api, "steps") if step["step"] == "weigh"]

    trend = of_quick(api, "steps/trend", step="weigh", group_by="hour")
    refused = api.get(
        "/api/statistics/steps/trend", params={"sequence_name": "quick", "step": "weigh", "group_by": "batch"}
    )

    assert sum(each["n"] for each in trend) == step["n"]
    assert all(0 < each["p50"] <= each["p95"] <= step["maximum"] for each in trend)
    assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY


def test_s4_24_what_is_in_the_cache_is_never_older_than_the_last_result(served: Served, api: httpx.Client) -> None:
    for _ in range(3):
        before = of_quick(api, "summary", group_by="batch")["groups"]
        again = of_quick(api, "summary", group_by="batch")["groups"]

        run(served, api, 5.0)
        after = of_quick(api, "summary", group_by="batch")["groups"]

        assert again == before
        assert sum(group["runs"] for group in after) == sum(group["runs"] for group in before) + 1


def test_what_was_never_measured_is_an_empty_series(api: httpx.Client) -> None:
    series = of_quick(api, "series", step="weigh", measurement="nothing")

    assert (series["points"], series["limits"], series["n"], series["mean"]) == ([], [], 0, None)
