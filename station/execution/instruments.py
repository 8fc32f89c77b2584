"""The instruments of one session: built from their settings, connected in order, made safe, closed in reverse."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta

from pydantic import BaseModel, JsonValue

from station.domain.errors import CommunicationError, CriticalError, HardwareConnectionError, HardwareError, StepError
from station.domain.run import StepFault
from station.domain.values import check_values
from station.execution.faults import describe
from station.execution.package import Package

_KINDS: tuple[type[HardwareError], ...] = (HardwareConnectionError, CommunicationError)


class InstrumentInfo(BaseModel):
    """What is known of one instrument.

    Attributes:
        name: Its hardware id in the manifest.
        driver: The driver's class.
        identity: The instrument's own words; empty where it gives none.
        safe: Whether it confirmed its safe state when it was last asked.
    """

    name: str
    driver: str
    identity: str = ""
    safe: bool = False


class Instruments:
    """The instruments of one session; all methods run on the session's host.

    Attributes:
        patience: How long one call to one instrument may take.
        shared: Instruments that other batches use too: built with the others, connected only while they are ours.
    """

    def __init__(
        self,
        package: Package,
        settings: Mapping[str, Mapping[str, JsonValue]],
        patience: timedelta,
        shared: Collection[str] = (),
    ) -> None:
        self.patience = patience
        self.shared = frozenset(shared)
        self._package = package
        self._settings = settings
        self._drivers: dict[str, object] = {}
        self._connected: list[str] = []
        self._info: dict[str, InstrumentInfo] = {}
        self._away: set[str] = set()
        """Instruments that were not reached when they were last connected again."""

    @property
    def drivers(self) -> Mapping[str, object]:
        """The drivers that are built, by hardware id."""
        return self._drivers

    @property
    def connected(self) -> tuple[str, ...]:
        """The instruments that are ours now, in the order they were connected."""
        return tuple(self._connected)

    @property
    def info(self) -> tuple[InstrumentInfo, ...]:
        """What is known of each instrument, in the manifest's order."""
        return tuple(self._info.values())

    async def open(self) -> None:
        """Build, connect and make safe each instrument in the manifest's order, but for shared ones, and ask who it is.

        One that fails does not keep the others from being made safe: they may be on, left so by a process that died.

        Raises:
            CriticalError: If settings are missing or wrong.
            HardwareError: If an instrument cannot be reached or made safe; the first one that could not.
        """  # noqa: DOC502 - raised by the helpers
        configs = check_hardware(self._package, self._settings)
        failed: StepError | None = None
        for name, cls in self._package.drivers.items():
            try:
                self._drivers[name] = construct(cls, name, configs[name])
                self._info[name] = InstrumentInfo(name=name, driver=cls.__name__)
                if name not in self.shared:
                    await self._connect(name)
            except StepError as error:
                failed = failed or error
        if failed is not None:
            raise failed
        for name in self._connected:
            await self._identify(name)

    async def connect(self, names: Collection[str]) -> None:
        """Connect shared instruments and make them safe, whatever becomes of the others, then ask who they are.

        Raises:
            HardwareError: If an instrument cannot be reached or made safe; the first one that could not.
        """  # noqa: DOC502 - a helper made it
        new = [name for name in self._drivers if name in names and name not in self._connected]
        failed: HardwareError | None = None
        for name in new:
            try:
                await self._connect(name)
            except HardwareError as error:
                failed = failed or error
        if failed is not None:
            raise failed
        for name in new:
            await self._identify(name)

    async def disconnect(self, names: Collection[str]) -> tuple[StepFault, ...]:
        """Make instruments safe and disconnect them; problems are returned, not raised."""
        faults = [*await self._each(self._make_safe, names), *await self._each(self._disconnect, names)]
        self._connected = [name for name in self._connected if name not in names]
        return tuple(faults)

    async def make_safe(self) -> tuple[StepFault, ...]:
        """Make each instrument safe, last opened first; one that fails does not keep the others from it.

        An instrument that was away when it was last connected again is connected first: it may be back.
        """
        return await self._each(self._make_safe)

    async def identify(self) -> tuple[StepFault, ...]:
        """Ask each instrument who it is."""
        return await self._each(self._identify)

    async def self_test(self) -> tuple[StepFault, ...]:
        """Let each instrument test itself."""
        return await self._each(self._self_test)

    async def close(self) -> tuple[StepFault, ...]:
        """Disconnect in reverse."""
        faults = await self._each(self._disconnect)
        self._drivers.clear()
        self._connected.clear()
        return faults

    async def reconnect(self) -> None:
        """Disconnect and connect every instrument again and make it safe, whatever becomes of the others.

        Raises:
            HardwareError: If an instrument cannot be reached or made safe; the first one that could not.
        """  # noqa: DOC502 - a helper made it
        await self._each(self._disconnect)
        failed: HardwareError | None = None
        for name in self._connected:
            try:
                self._away.add(name)
                await self._make_safe(name)
            except HardwareError as error:
                failed = failed or error
        if failed is not None:
            raise failed

    async def _connect(self, name: str) -> None:
        self._connected.append(name)  # also where it fails half way: it is disconnected with the others
        await self._call(name, "connect", HardwareConnectionError)
        await self._make_safe(name)

    async def _make_safe(self, name: str) -> None:
        self._info[name].safe = False
        if name in self._away:
            await self._call(name, "connect", HardwareConnectionError)
            self._away.discard(name)
        driver = self._drivers[name]
        if callable(getattr(driver, "make_safe", None)):
            await self._call(name, "make_safe")
        elif callable(getattr(driver, "reset", None)):
            await self._call(name, "reset")
        else:
            msg = f"instrument {name}: its driver has neither make_safe nor reset; derive it from station.sdk.Driver"
            raise HardwareError(msg, instrument=name)
        self._info[name].safe = True

    async def _identify(self, name: str) -> None:
        if callable(getattr(self._drivers[name], "identify", None)):
            answer = await self._call(name, "identify")
            self._info[name].identity = str(answer or "")

    async def _self_test(self, name: str) -> None:
        if callable(getattr(self._drivers[name], "self_test", None)):
            answer = await self._call(name, "self_test")
            if answer is False:
                msg = f"instrument {name}: its self test failed"
                raise HardwareError(msg, instrument=name)

    async def _disconnect(self, name: str) -> None:
        await self._call(name, "disconnect")

    async def _each(
        self, act: Callable[[str], Awaitable[None]], names: Collection[str] | None = None
    ) -> tuple[StepFault, ...]:
        faults = []
        for name in reversed(self._connected):
            if names is not None and name not in names:
                continue
            try:
                await act(name)
            except HardwareError as error:
                faults.append(StepFault(code=error.code, message=error.message, details={"instrument": name}))
        return tuple(faults)

    async def _call(self, name: str, method: str, kind: type[HardwareError] = HardwareError) -> object:
        """Call a driver's method, sync or async; whatever goes wrong is a HardwareError that names the instrument.

        Raises:
            HardwareError: If the call fails or takes longer than the patience.
        """  # noqa: DOC502 - a kind of it
        try:
            async with asyncio.timeout(self.patience.total_seconds()) as limit:
                answer = getattr(self._drivers[name], method)()
                return await answer if inspect.isawaitable(answer) else answer
        except HardwareError as error:
            msg = f"instrument {name}: {error.message}"
            raise _nearest(error)(msg, **(error.facts | {"instrument": name})) from error
        except TimeoutError as error:
            late = f"did not end within {self.patience.total_seconds():g} s" if limit.expired() else describe(error)
            msg = f"instrument {name}: {method} {late}"
            raise kind(msg, instrument=name) from error
        except (Exception, SystemExit) as error:
            msg = f"instrument {name}: {method} failed with {describe(error)}"
            raise kind(msg, instrument=name) from error


def _nearest(error: HardwareError) -> type[HardwareError]:
    """Give the one of our own classes; an author's subclass may be built in a way of its own."""
    return next((known for known in _KINDS if isinstance(error, known)), HardwareError)


def check_hardware(
    package: Package, settings: Mapping[str, Mapping[str, JsonValue]]
) -> dict[str, dict[str, JsonValue]]:
    """Check the settings of a slot's instruments against the manifest and fill in defaults.

    Raises:
        CriticalError: If settings are missing or wrong; the message lists all problems.
    """
    configs: dict[str, dict[str, JsonValue]] = {}
    problems = []
    for name, spec in package.manifest.hardware.items():
        given = settings.get(name)
        if given is None and any(wanted.required for wanted in spec.config_schema.values()):
            problems.append(f"{name}: station.yaml says nothing about this instrument")
            continue
        given = given or {}
        checked, wrong = check_values(
            {key: given[key] for key in given if key in spec.config_schema}, spec.config_schema
        )
        problems += [f"{name}: {problem}" for problem in wrong]
        # Settings the manifest does not speak of reach the driver too: its author may know them.
        configs[name] = {**given, **checked}
    if problems:
        msg = f"hardware settings for {package.ref.name} are wrong: {'; '.join(problems)}"
        raise CriticalError(msg, problems=problems)
    return configs


def construct(cls: type, name: str, config: Mapping[str, JsonValue]) -> object:
    """Build a driver in the way its constructor asks for: (name, config), (config), (), or (**config).

    Raises:
        CriticalError: If no way fits, or the constructor fails.
        StepError: As the constructor raised it.
    """
    try:
        arguments, keywords = _arguments(inspect.signature(cls), name, config)
        return cls(*arguments, **keywords)
    except StepError:
        raise
    except (Exception, SystemExit) as error:
        msg = f"instrument {name}: {cls.__name__} cannot be built: {describe(error)}"
        raise CriticalError(msg, instrument=name) from error


def _arguments(
    signature: inspect.Signature, name: str, config: Mapping[str, JsonValue]
) -> tuple[tuple[object, ...], dict[str, JsonValue]]:
    ways: list[tuple[tuple[object, ...], dict[str, JsonValue]]] = [
        ((name, dict(config)), {}),
        ((dict(config),), {}),
        ((), {}),
        ((), dict(config)),
    ]
    if config.keys() & signature.parameters.keys():
        ways.insert(0, ways.pop())  # `def __init__(self, port, baudrate)` speaks of settings, not of (name, config)
    for arguments, keywords in ways:
        try:
            signature.bind(*arguments, **keywords)
        except TypeError:
            continue
        return arguments, keywords
    msg = f"its constructor takes {signature}; write (self, name, config)"
    raise TypeError(msg)
