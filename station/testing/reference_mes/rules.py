"""The business rules MES-BR-003, 004 and 005 and the states of a WIP, per profile; no I/O, no HTTP."""

from collections.abc import Collection
from enum import StrEnum

from station.testing.reference_mes.settings import MesSettings, Profile


class Reason(StrEnum):
    """Why a call is refused; the words of the documented contract."""

    WIP_NOT_FOUND = "WIP_NOT_FOUND"
    PREREQUISITE_NOT_MET = "PREREQUISITE_NOT_MET"
    DUPLICATE_PASS = "DUPLICATE_PASS"  # noqa: S105 - a test result, not a secret
    INVALID_WIP_STATUS = "INVALID_WIP_STATUS"
    PROCESS_NOT_STARTED = "PROCESS_NOT_STARTED"
    INCOMPLETE_PROCESSES = "INCOMPLETE_PROCESSES"
    ALREADY_CONVERTED = "ALREADY_CONVERTED"
    CONFLICT = "CONFLICT"


class RefusedError(Exception):
    """A call the MES does not carry out, for a reason of business."""

    def __init__(self, reason: Reason, message: str) -> None:
        """Keep the reason and the sentence."""
        super().__init__(message)
        self.reason = reason
        self.message = message


class Rules:
    """The rules as they are documented."""

    def __init__(self, settings: MesSettings) -> None:
        self.processes = range(1, settings.processes + 1)
        self._rework_from_failed = settings.allow_rework_from_failed

    def check_start(self, wip: str, status: str, process: int, passed: Collection[int]) -> None:
        """MES-BR-003: whether a process may start.

        Raises:
            RefusedError: If it may not.
        """
        blocked = {"CONVERTED"} if self._rework_from_failed else {"CONVERTED", "FAILED"}
        startable = {"CREATED", "IN_PROGRESS"} | ({"FAILED"} if self._rework_from_failed else set())
        if status in blocked or (process == 1 and status not in startable):
            msg = f"Cannot start process on WIP with status '{status}'"
            raise RefusedError(Reason.INVALID_WIP_STATUS, msg)
        if process > 1 and process - 1 not in passed:
            msg = f"Process {process - 1} must have PASS result before starting Process {process} (BR-003)"
            raise RefusedError(Reason.PREREQUISITE_NOT_MET, msg)

    def check_complete(
        self, wip: str, status: str, process: int, result: str, passed: Collection[int], *, is_open: bool
    ) -> None:
        """MES-BR-004: whether a result may be written.

        Raises:
            RefusedError: If it may not.
        """
        if result == "PASS" and process in passed:
            msg = f"Duplicate PASS results are not allowed for process {process} (BR-004)"
            raise RefusedError(Reason.DUPLICATE_PASS, msg)
        if not is_open:
            raise RefusedError(Reason.PROCESS_NOT_STARTED, "Process must be started before completion")
        if status == "CONVERTED":
            msg = f"Cannot complete process on WIP with status '{status}'"
            raise RefusedError(Reason.INVALID_WIP_STATUS, msg)

    def check_convert(self, wip: str, status: str, passed: Collection[int]) -> None:
        """MES-BR-005: whether a WIP may become a serial number.

        Raises:
            RefusedError: If it may not.
        """
        if status == "CONVERTED":
            raise RefusedError(Reason.ALREADY_CONVERTED, "WIP has already been converted to serial")
        missing = self.missing(passed)
        if missing and status in {"IN_PROGRESS", "COMPLETED"}:
            msg = f"Missing PASS results for processes: {missing} (BR-005)"
            raise RefusedError(Reason.INCOMPLETE_PROCESSES, msg)
        if status != "COMPLETED":
            msg = "WIP must be in COMPLETED status for serial conversion"
            raise RefusedError(Reason.INVALID_WIP_STATUS, msg)

    def missing(self, passed: Collection[int]) -> list[int]:
        """The processes without a PASS."""
        return [process for process in self.processes if process not in passed]

    def status_after_start(self, status: str) -> str:
        """What a WIP is once a process has started on it."""
        return "IN_PROGRESS" if status in {"CREATED", "FAILED"} else status

    def status_after_complete(self, status: str, result: str, passed: Collection[int]) -> str:
        """What a WIP is after a result; `passed` has it already."""
        if result == "FAIL":
            return "FAILED"
        if result == "PASS" and not self.missing(passed):
            return "COMPLETED"
        return "IN_PROGRESS"


class NeurohubRules(Rules):
    """The rules as the backend in the factory keeps them; its sentences are what a client can tell cases apart by."""

    def check_start(self, wip: str, status: str, process: int, passed: Collection[int]) -> None:
        """Only CONVERTED blocks, and the previous process must have passed.

        Raises:
            RefusedError: If it may not start.
        """
        if status == "CONVERTED":
            raise RefusedError(Reason.INVALID_WIP_STATUS, f"WIP {wip} is already converted to serial number")
        if process > 1 and process - 1 not in passed:
            msg = (
                f"WIP {wip} cannot start process {process}. Previous process {process - 1} must be completed with PASS"
            )
            raise RefusedError(Reason.PREREQUISITE_NOT_MET, f"{msg} result.")

    def check_complete(
        self, wip: str, status: str, process: int, result: str, passed: Collection[int], *, is_open: bool
    ) -> None:
        """A second PASS is refused; nothing else is, not even a result for a converted WIP.

        Raises:
            RefusedError: If the result may not be written.
        """
        if result == "PASS" and process in passed:
            msg = f"WIP {wip} already has PASS result for process {process}. "
            raise RefusedError(Reason.DUPLICATE_PASS, f"{msg}Duplicate PASS results are not allowed (BR-004).")

    def check_convert(self, wip: str, status: str, passed: Collection[int]) -> None:
        """The state first, then the processes.

        Raises:
            RefusedError: If the WIP may not be converted.
        """
        if status != "COMPLETED":
            reason = Reason.ALREADY_CONVERTED if status == "CONVERTED" else Reason.INVALID_WIP_STATUS
            msg = f"WIP {wip} must be in COMPLETED status for serial conversion. Current status: {status}"
            raise RefusedError(reason, msg)
        if missing := self.missing(passed):
            msg = f"WIP {wip} cannot be converted to serial. Missing PASS results for MANUFACTURING processes: "
            raise RefusedError(Reason.INCOMPLETE_PROCESSES, f"{msg}{', '.join(map(str, missing))} (BR-005)")


def rules_for(settings: MesSettings) -> Rules:
    """The rules of the profile."""
    return NeurohubRules(settings) if settings.profile is Profile.NEUROHUB else Rules(settings)
