"""Commands a running Reference MES, from another process or thread, over its control plane."""

import http.client
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from station.testing.reference_mes.calls import CallKind
from station.testing.reference_mes.control import CONTROL, MesState, SeededWip
from station.testing.reference_mes.faults import Fault, FaultKind, Match
from station.testing.reference_mes.ledger import LedgerReport

PATIENCE = 10.0
"""Seconds an order may take."""


class MesControlError(Exception):
    """The Reference MES cannot be reached, or refuses an order."""


class MesControl:
    """Tells a Reference MES what to do; every order is a connection of its own, and short.

    Args:
        url: Where it is, such as `http://127.0.0.1:3000`.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def seed(
        self,
        count: int = 1,
        *,
        wip_ids: Sequence[str] = (),
        status: str | None = None,
        passed: Sequence[int] = (),
        failed: Sequence[int] = (),
    ) -> list[str]:
        """Put WIPs into the MES; returns their names.

        Args:
            count: How many, when no names are given.
            wip_ids: Their names; without, they are named as the profile names them.
            status: Their status; without, what follows from the processes.
            passed: Numbers of processes with a PASS.
            failed: Numbers of processes with a FAIL.
        """
        order = {"count": count, "wip_ids": list(wip_ids), "status": status}
        answer = self._ask("POST", "wips", order | {"passed": list(passed), "failed": list(failed)})
        return [SeededWip.model_validate(wip).wip_id for wip in answer]

    def wips(self) -> list[str]:
        """The names of all WIPs."""
        return [str(name) for name in self._ask("GET", "wips")]

    def wip(self, wip_id: str) -> dict[str, Any]:
        """What the MES knows about a WIP: its columns, its `history`, its `serials`."""
        answer: dict[str, Any] = self._ask("GET", f"wips/{quote(wip_id)}")
        return answer

    def ledger(self, *, since: int = 0, requests: bool = True) -> LedgerReport:
        """Every request after a number, and every effect."""
        return LedgerReport.model_validate(self._ask("GET", f"ledger?since={since}&requests={str(requests).lower()}"))

    def state(self) -> MesState:
        """How it is set up at this moment."""
        return MesState.model_validate(self._ask("GET", "state"))

    def fault(
        self,
        kind: FaultKind | str,
        on: CallKind | str | None = None,
        *,
        path: str | None = None,
        method: str | None = None,
        **settings: Any,  # noqa: ANN401 - checked by the model
    ) -> None:
        """Let something go wrong with the next matching call.

        Args:
            kind: What.
            on: Which kind of call it is for; None: any.
            path: Regular expression the path must contain.
            method: HTTP method it is for.
            settings: The rest of `Fault`: count, seconds, status, retry_after, delay, pace, skew, commit.
        """
        match = Match(kind=None if on is None else CallKind(on), path=path, method=method)
        order = Fault(kind=FaultKind(kind), match=match, **settings)
        self._ask("POST", "faults", order.model_dump(mode="json"))

    def schedule(self, seed: int, rate: float, kinds: Sequence[FaultKind | str] = ()) -> None:
        """Let a share of all calls go wrong, at random but the same for the same seed."""
        chosen = {"kinds": [str(kind) for kind in kinds]} if kinds else {}
        self._ask("POST", "schedule", {"seed": seed, "rate": rate} | chosen)

    def heal(self) -> None:
        """End every fault."""
        self._ask("POST", "heal")

    def down(self) -> None:
        """Answer nothing from now on: every connection is reset, except for orders like these."""
        self._ask("POST", "down")

    def up(self) -> None:
        """Answer again."""
        self._ask("POST", "up")

    def _ask(self, method: str, what: str, order: object = None) -> Any:  # noqa: ANN401 - JSON, as the order has it
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE)
        try:
            body = None if order is None else json.dumps(order)
            connection.request(method, CONTROL + what, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            status, answer = response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            msg = f"no Reference MES answers at {self.url} ({error!r})"
            raise MesControlError(msg) from error
        finally:
            connection.close()
        if status >= 300:
            msg = f"the Reference MES refuses {method} {what}: {status} {answer.decode(errors='replace')}"
            raise MesControlError(msg)
        return json.loads(answer)
