"""Somebody is told when the MES goes away and when it is back, and nobody waits for it."""

import pytest

from station.domain.errors import MesUnavailableError
from tests.mes.support import WIP, Answer, StillClock, calling, http, reset, serving


async def test_the_webhook_hears_that_the_mes_is_away_and_back() -> None:
    clock = StillClock()
    async with serving(http(200, b"ok")) as hook, serving(http(500), http(500), http(200, WIP)) as server:
        settings = {"webhook_url": hook.url + "/services/T0", "breaker": {"threshold": 2, "recovery": 60}}
        async with calling(server.url, clock, **settings) as client:
            for _ in range(5):
                with pytest.raises(MesUnavailableError):
                    await client.scan("W")
            clock.seconds += 60
            await client.scan("W")

    away, back = (request.json for request in hook.requests)
    assert hook.requests[0].path == "/services/T0"
    assert (away["event"], back["event"]) == ("mes_away", "mes_back")
    assert away["text"] == "station-1: Working offline / 오프라인 모드로 전환됨"
    assert back["text"] == "station-1: The MES is back / 서버에 다시 연결됨"
    assert (away["failure_count"], away["last_failure"]) == (2, "2026-01-05T09:16:40.123456+00:00")


@pytest.mark.parametrize("answer", [reset, http(404, {})])
async def test_a_webhook_that_does_not_answer_harms_nobody(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    async with (
        serving(answer) as hook,
        serving(http(500)) as server,
        calling(server.url, webhook_url=hook.url, breaker={"threshold": 1}) as client,
    ):
        with pytest.raises(MesUnavailableError):
            await client.scan("W")

    assert "the webhook" in caplog.text
