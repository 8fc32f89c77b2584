"""Values of a PLC over OPC UA; a value whose quality is not good is an error, never a value."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from asyncua import ua
from asyncua.client.client import Client
from asyncua.common.node import Node
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import UaError, UaStatusCodeError

from station.domain.errors import CommunicationError, HardwareConnectionError
from station.hardware.transports.link import Link

OpcValue = bool | int | float | str

CHECK = "check the network cable, the PLC's power, and `endpoint` in its settings"

FAREWELL = 1.0
"""Seconds that saying goodbye to a server may take; one that is gone does not answer."""

SESSION_TIMEOUT = 60_000
"""Milliseconds after which the server forgets a session whose station was killed."""

_SESSION_GONE = frozenset(
    {
        StatusCodes.BadSessionIdInvalid,
        StatusCodes.BadSessionClosed,
        StatusCodes.BadSessionNotActivated,
        StatusCodes.BadSecureChannelIdInvalid,
        StatusCodes.BadSecureChannelClosed,
        StatusCodes.BadConnectionClosed,
        StatusCodes.BadCommunicationError,
        StatusCodes.BadServerHalted,
        StatusCodes.BadServerNotConnected,
        StatusCodes.BadShutdown,
    }
)

_INTEGERS = frozenset(
    {
        ua.VariantType.SByte,
        ua.VariantType.Byte,
        ua.VariantType.Int16,
        ua.VariantType.UInt16,
        ua.VariantType.Int32,
        ua.VariantType.UInt32,
        ua.VariantType.Int64,
        ua.VariantType.UInt64,
    }
)


class OpcUaTransport(Link):
    """One session with one OPC UA server.

    Nodes are named by their path below Objects, such as `slot_3/Temperature`, or by a node id, such as `ns=2;i=7`.

    Args:
        endpoint: Such as `opc.tcp://127.0.0.1:4840`; write 127.0.0.1, not localhost.
        timeout: Longest time for one exchange, a new session included.
    """

    def __init__(self, endpoint: str, timeout: timedelta = timedelta(seconds=4)) -> None:
        super().__init__(endpoint, timeout)
        self.endpoint = endpoint
        self._client: Client | None = None
        self._nodes: dict[str, Node] = {}
        self._types: dict[str, ua.VariantType] = {}
        self._farewells: set[asyncio.Task[None]] = set()

    @property
    def is_open(self) -> bool:
        """Whether there is a session, as far as is known without asking."""
        return self._client is not None

    async def read(self, node: str) -> OpcValue:
        """The value of one variable, in the unit the PLC's programmer chose.

        Raises:
            HardwareConnectionError: The server cannot be reached, or has ended the session.
            CommunicationError: No answer in time, no such node, quality not good, or no plain value.
        """  # noqa: DOC502 - raised by the helpers
        async with self._session(f"read {node}") as client:
            data = await (await self._find(client, node)).read_data_value(raise_on_bad_status=False)
        if data.StatusCode is not None and not data.StatusCode.is_good():
            raise self._fault(f"read {node}", f"gave a value of quality {data.StatusCode.name}, which is not a value")
        value = data.Value.Value if data.Value is not None else None
        if not isinstance(value, bool | int | float | str) or (isinstance(value, float) and not math.isfinite(value)):
            raise self._fault(f"read {node}", f"gave {value!r}, which is not a plain value")
        return value

    async def write(self, node: str, value: OpcValue) -> None:
        """Set one variable; numbers are turned into the variable's own type.

        Raises:
            HardwareConnectionError: The server cannot be reached, or has ended the session.
            CommunicationError: No answer in time, no such node, or the PLC refuses the value.
        """  # noqa: DOC502 - raised by the helpers
        async with self._session(f"write {node}") as client:
            found = await self._find(client, node)
            if node not in self._types:
                self._types[node] = await found.read_data_type_as_variant_type()
            variant = ua.Variant(self._fitting(node, value, self._types[node]), self._types[node])
            await found.write_attribute(AttributeIds.Value, ua.DataValue(variant))

    async def browse(self, path: str = "") -> list[str]:
        """The names directly below a path; the empty path is Objects.

        Raises:
            HardwareConnectionError: The server cannot be reached, or has ended the session.
            CommunicationError: No answer in time, or no such path.
        """  # noqa: DOC502 - raised by the helpers
        async with self._session(f"browse {path or 'Objects'}") as client:
            children = await (await self._find(client, path)).get_children_descriptions()
        return [child.BrowseName.Name for child in children]

    async def _connect(self, deadline: float) -> None:
        seconds = self.timeout.total_seconds()
        # The watchdog asks as often as it waits for the answer: at our own timeout a slow server is not a lost one.
        client = Client(self.endpoint, timeout=seconds, watchdog_intervall=seconds)
        client.session_timeout = SESSION_TIMEOUT
        connected = False
        try:
            async with asyncio.timeout_at(deadline):
                await client.connect()
            connected = True
        except TimeoutError as error:
            raise self._lost(f"no session within {seconds:g} s", CHECK) from error
        except (OSError, UaError) as error:
            raise self._lost(error, CHECK) from error
        finally:
            if not connected:
                client.disconnect_socket()
        self._client = client

    async def _disconnect(self) -> None:
        self._drop()
        if self._farewells:
            await asyncio.wait(set(self._farewells))

    def _abandon(self) -> None:
        self._client = None
        self._nodes.clear()
        self._types.clear()
        self._farewells.clear()

    @asynccontextmanager
    async def _session(self, what: str) -> AsyncIterator[Client]:
        """Hold the session for one exchange, and turn what asyncua raises into our errors."""
        async with self._exchange() as deadline:
            if self._client is None:  # pragma: no cover - _exchange has opened it
                raise self._lost("no session", CHECK)
            try:
                async with asyncio.timeout_at(deadline):
                    yield self._client
            except UaStatusCodeError as error:
                raise self._refused(what, error) from error
            except TimeoutError as error:
                self._drop()
                raise self._fault(what, f"got no answer within {self.timeout.total_seconds():g} s") from error
            except (OSError, UaError) as error:
                self._drop()
                raise self._lost(error, CHECK) from error

    def _refused(self, what: str, error: UaStatusCodeError) -> CommunicationError | HardwareConnectionError:
        if error.code in _SESSION_GONE:
            self._drop()
            return self._lost(error, CHECK)
        return self._fault(what, f"was refused: {error}")

    async def _find(self, client: Client, path: str) -> Node:
        """The node at a path; names are compared without their namespace, which differs from server to server."""
        if path not in self._nodes:
            if path.startswith(("ns=", "i=", "s=", "nsu=")):
                self._nodes[path] = client.get_node(path)
                return self._nodes[path]
            node = client.nodes.objects
            for name in filter(None, path.split("/")):
                children = await node.get_children_descriptions()
                found = [child.NodeId for child in children if child.BrowseName.Name == name]
                if not found:
                    raise self._fault(path, f"names a node that the server does not have: {name!r} is missing")
                node = client.get_node(found[0])
            self._nodes[path] = node
        return self._nodes[path]

    def _fitting(self, node: str, value: OpcValue, wanted: ua.VariantType) -> OpcValue:
        """The value in the variable's own type; True is not 1 and text is not a number."""
        match value:
            case bool() if wanted is ua.VariantType.Boolean:
                return value
            case str() if wanted is ua.VariantType.String:
                return value
            case int() | float() if not isinstance(value, bool):
                if wanted in {ua.VariantType.Float, ua.VariantType.Double}:
                    return float(value)
                if wanted in _INTEGERS and float(value).is_integer():
                    return int(value)
        raise self._fault(f"write {node}", f"was not sent: {value!r} is no {wanted.name}")

    def _drop(self) -> None:
        """Forget the session now; saying goodbye goes on in the background, for a server that is gone takes long."""
        client, self._client = self._client, None
        self._nodes.clear()
        self._types.clear()
        if client is not None:
            task = asyncio.create_task(_say_goodbye(client), name=f"opcua goodbye {self.endpoint}")
            self._farewells.add(task)
            task.add_done_callback(self._farewells.discard)

    def _fault(self, what: str, how: str) -> CommunicationError:
        return CommunicationError(f"{self.address}: {what!r} {how}", address=self.address, command=what)


async def _say_goodbye(client: Client) -> None:
    try:
        with suppress(TimeoutError, OSError, UaError):
            async with asyncio.timeout(FAREWELL):
                await client.disconnect()
    finally:
        client.disconnect_socket()
