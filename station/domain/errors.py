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
│   └── CommandRefusedError   (of whoever refused)    RUN_PAUSED, RUN_NOT_INTERRUPTED, INVALID_CHOICE ...
├── RunNotFoundError          RUN_NOT_FOUND
├── SessionLostError          SESSION_LOST            the caller's session is not the one that owns the hardware
├── StorageError              STORAGE_FAILED
├── EngineError               ENGINE_UNAVAILABLE      the Temporal server cannot be reached or refuses to open its file
│   └── RunVanishedError      RUN_VANISHED            a run is no longer open in the engine and has no result
├── StationUpError            STATION_UP              the station is up, and what was asked for needs it down
├── ApplicationMissingError   APPLICATION_MISSING     only the library is installed
├── ProcessFailedError        PROCESS_FAILED          a process that was started did not come up
├── DemoBusyError             DEMO_BUSY               another demo uses the folder
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


class CommandRefusedError(BatchError):
    """The run, or the supervisor, understood a command and said no; `code` says why."""

    def __init__(self, code: str, message: str, **facts: object) -> None:
        """Keep the code of whoever refused."""
        super().__init__(message, **facts)
        self.code = code  # type: ignore[misc]


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
