"""Every error of the station, in one tree, each with a stable code.

StationError
├── ConfigError               CONFIG_INVALID          station.yaml or the environment is wrong
├── PackageError              PACKAGE_INVALID         a sequence package cannot be used (see `codes` for each finding)
│   └── PackageNotFoundError  SEQUENCE_NOT_FOUND
├── ParameterError            INVALID_PARAMETERS      a run was asked for with parameters the package refuses
├── BatchError
│   ├── BatchNotFoundError    BATCH_NOT_FOUND
│   ├── BatchBusyError        SEQUENCE_ALREADY_RUNNING
│   ├── BatchNotRunningError  BATCH_NOT_RUNNING
│   ├── SlotQuarantinedError  SLOT_QUARANTINED        its safe state was not confirmed; a person clears it
│   └── CommandRefusedError   (of whoever refused)    RUN_PAUSED, RUN_NOT_INTERRUPTED, INVALID_CHOICE ...
├── RunNotFoundError          RUN_NOT_FOUND
├── AnswerError               INVALID_ANSWER          a prompt was answered with something it does not allow
├── SessionLostError          SESSION_LOST            the caller's session is not the one that owns the hardware
├── StorageError              STORAGE_FAILED
├── EngineError               ENGINE_UNAVAILABLE      the Temporal server cannot be reached or refuses to open its file
│   └── RunVanishedError      RUN_VANISHED            a run is no longer open in the engine and has no result
├── StationUpError            STATION_UP              the station is up, and what was asked for needs it down
├── ApplicationMissingError   APPLICATION_MISSING     only the library is installed
├── ProcessFailedError        PROCESS_FAILED          a process that was started did not come up
├── DemoBusyError             DEMO_BUSY               another demo uses the folder
├── AccessError               (of what was refused)   USER_EXISTS, USER_NOT_FOUND, PASSWORD_NOT_ALLOWED, KEY_EXISTS ...
├── SettingsError             (of what was refused)   SETTINGS_CHANGED, SETTINGS_NOT_WRITTEN, BACKUP_NOT_FOUND ...
├── MesError                  MES_ERROR               something between the station and the MES
│   ├── MesUnavailableError   MES_UNAVAILABLE         no answer that means anything: ask again, for ever
│   ├── MesRateLimitedError   MES_RATE_LIMITED        it answers, and asks to be left alone for a while
│   ├── MesUnauthorizedError  MES_UNAUTHORIZED        it does not accept who we are; nothing is dropped for that
│   └── MesRefusedError       (the refusal)           it understood and said no: a person decides
└── StepError                                         raised by sequence code; its class says what to do next
    ├── CriticalError         STEP_CRITICAL           stop the run and clean up
    ├── RecoverableError      STEP_RECOVERABLE        try again, after a pause that grows
    ├── WarningError          STEP_WARNING            write it down and go on
    ├── TestFailure           TEST_FAILURE            the unit is bad: a verdict, not a fault
    ├── TestSkipped           TEST_SKIPPED            the step does not apply to this unit
    └── HardwareError         HARDWARE_ERROR          an instrument does not answer as it should
        ├── HardwareConnectionError   HARDWARE_NOT_CONNECTED
        └── CommunicationError        HARDWARE_COMMUNICATION
"""

from datetime import timedelta
from enum import StrEnum
from typing import ClassVar


class StationError(Exception):
    """Base of every error the station raises on purpose.

    Attributes:
        code: Stable, upper case; what programs match on.
        message: One sentence that says what is wrong, where, and how to mend it.
        facts: The values the sentence speaks of, JSON-able.
    """

    code: ClassVar[str] = "INTERNAL_ERROR"

    def __init__(self, message: str, **facts: object) -> None:
        """Keep the sentence and its facts."""
        super().__init__(message)
        self.message = message
        self.facts = facts


class ConfigError(StationError):
    """station.yaml or the environment is wrong; the process exits with code 78."""

    code = "CONFIG_INVALID"


class PackageError(StationError):
    """A sequence package cannot be used."""

    code = "PACKAGE_INVALID"


class PackageNotFoundError(PackageError):
    """No sequence package at the place named."""

    code = "SEQUENCE_NOT_FOUND"


class ParameterError(StationError):
    """A run was asked for with parameters its package refuses."""

    code = "INVALID_PARAMETERS"


class BatchError(StationError):
    """Something about one batch."""

    code = "BATCH_ERROR"


class BatchNotFoundError(BatchError):
    """No batch of that id in the configuration."""

    code = "BATCH_NOT_FOUND"


class BatchBusyError(BatchError):
    """The batch has a run already; its slot is taken."""

    code = "SEQUENCE_ALREADY_RUNNING"


class BatchNotRunningError(BatchError):
    """The batch has no run, or its process is not up."""

    code = "BATCH_NOT_RUNNING"


class SlotQuarantinedError(BatchError):
    """The slot's safe state could not be confirmed; it takes no run until a person has cleared it."""

    code = "SLOT_QUARANTINED"


class CommandRefusedError(BatchError):
    """The run, or the supervisor, understood a command and said no; `code` says why."""

    def __init__(self, code: str, message: str, **facts: object) -> None:
        """Keep the code of whoever refused."""
        super().__init__(message, **facts)
        self.code = code  # type: ignore[misc]


class AnswerError(StationError):
    """A prompt was answered with something it does not allow; `problems` has a sentence for each field."""

    code = "INVALID_ANSWER"


class RunNotFoundError(StationError):
    """No run of that id in the results."""

    code = "RUN_NOT_FOUND"


class SessionLostError(StationError):
    """The caller's session is not the one that owns the hardware now."""

    code = "SESSION_LOST"


class StorageError(StationError):
    """The results database cannot be used."""

    code = "STORAGE_FAILED"


class EngineError(StationError):
    """The Temporal server cannot be reached, or its file belongs to another version."""

    code = "ENGINE_UNAVAILABLE"


class RunVanishedError(EngineError):
    """A run is no longer open in the engine and has no result."""

    code = "RUN_VANISHED"


class StationUpError(StationError):
    """The station is up, and what was asked for needs it to be down."""

    code = "STATION_UP"


class ApplicationMissingError(StationError):
    """Only the library is installed, and the command needs the application beside it."""

    code = "APPLICATION_MISSING"


class ProcessFailedError(StationError):
    """A process that was started did not come up."""

    code = "PROCESS_FAILED"


class DemoBusyError(StationError):
    """Another demo uses the folder."""

    code = "DEMO_BUSY"


class AccessError(StationError):
    """Something about users, passwords and keys cannot be done as asked; `code` says why."""

    def __init__(self, code: str, message: str, **facts: object) -> None:
        """Keep the code of what was refused."""
        super().__init__(message, **facts)
        self.code = code  # type: ignore[misc]


class SettingsError(StationError):
    """The file of the settings cannot be read or saved as asked; `code` says why."""

    def __init__(self, code: str, message: str, **facts: object) -> None:
        """Keep the code of what was refused."""
        super().__init__(message, **facts)
        self.code = code  # type: ignore[misc]


class MesError(StationError):
    """Base of everything that can go wrong between the station and the MES."""

    code = "MES_ERROR"


class Outage(StrEnum):
    """Why the MES gave no answer that means anything."""

    NETWORK = "network"
    """It could not be reached, or the connection broke."""
    TIMEOUT = "timeout"
    """It did not answer in time."""
    SERVER_ERROR = "server_error"
    """It answered 5xx. One that keeps coming while its health is good needs a person."""
    GARBLED = "garbled"
    """What came back is no answer of an MES: HTML, half a body, JSON of another shape."""
    BREAKER_OPEN = "breaker_open"
    """It was not asked, because it has just failed several times in a row."""


class MesUnavailableError(MesError):
    """The MES gave no answer that means anything; ask again, for ever.

    Attributes:
        outage: What happened.
        may_have_arrived: Whether the MES may have done what it was asked; ask before repeating.
        status: HTTP status where there was one.
        retry_after: How long to wait at least, where that is known.
    """

    code = "MES_UNAVAILABLE"

    def __init__(
        self,
        message: str,
        *,
        outage: Outage,
        may_have_arrived: bool = True,
        status: int | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        """Keep what is known of the outage."""
        super().__init__(message, outage=outage, status=status)
        self.outage = outage
        self.may_have_arrived = may_have_arrived
        self.status = status
        self.retry_after = retry_after


class MesRateLimitedError(MesError):
    """The MES asks to be left alone for a while.

    Attributes:
        retry_after: How long.
    """

    code = "MES_RATE_LIMITED"

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        """Keep how long to wait."""
        super().__init__(message, retry_after=retry_after.total_seconds())
        self.retry_after = retry_after


class MesUnauthorizedError(MesError):
    """The MES does not accept the station's credentials; what is owed stays queued."""

    code = "MES_UNAUTHORIZED"


class Refusal(StrEnum):
    """Why the MES said no to something it understood."""

    WIP_NOT_FOUND = "WIP_NOT_FOUND"
    PREREQUISITE_NOT_MET = "PREREQUISITE_NOT_MET"
    DUPLICATE_PASS = "DUPLICATE_PASS"  # noqa: S105 - a unit that passed
    INVALID_WIP_STATUS = "INVALID_WIP_STATUS"
    PROCESS_NOT_STARTED = "PROCESS_NOT_STARTED"
    INCOMPLETE_PROCESSES = "INCOMPLETE_PROCESSES"
    ALREADY_CONVERTED = "ALREADY_CONVERTED"
    CONFLICT = "CONFLICT"
    INVALID_REQUEST = "INVALID_REQUEST"
    UNKNOWN = "UNKNOWN"


class MesRefusedError(MesError):
    """The MES understood and said no; repeating it changes nothing, so a person decides.

    Attributes:
        refusal: Why; also the error's code.
        status: HTTP status; None where the station itself refused before asking.
        details: What the MES added.
    """

    def __init__(self, message: str, *, refusal: Refusal, status: int | None = None, details: object = None) -> None:
        """Keep the refusal, whose name is the error's code."""
        super().__init__(message, refusal=refusal, status=status, details=details)
        self.code = refusal.value  # type: ignore[misc]
        self.refusal = refusal
        self.status = status
        self.details = details


class StepError(StationError):
    """Raised inside a step; a plain StepError is treated by the step's default action."""

    code = "STEP_ERROR"


class CriticalError(StepError):
    """Stop the run at once and clean up."""

    code = "STEP_CRITICAL"


class RecoverableError(StepError):
    """Try the step again after a pause that grows."""

    code = "STEP_RECOVERABLE"


class WarningError(StepError):
    """Write it down and go on with the next step."""

    code = "STEP_WARNING"


class TestFailure(StepError):
    """The unit is bad: the step FAILED, which is a verdict and not a fault."""

    __test__ = False  # pytest: not a test class
    code = "TEST_FAILURE"


class TestSkipped(StepError):
    """The step does not apply to this unit: the step is SKIPPED."""

    __test__ = False  # pytest: not a test class
    code = "TEST_SKIPPED"


class HardwareError(StepError):
    """An instrument does not answer as it should."""

    code = "HARDWARE_ERROR"


class HardwareConnectionError(HardwareError):
    """An instrument cannot be reached."""

    code = "HARDWARE_NOT_CONNECTED"


class CommunicationError(HardwareError):
    """An instrument answered too late, too little, or nonsense."""

    code = "HARDWARE_COMMUNICATION"
