"""What verification and lint have to say about a sequence package: one finding each, with a code and a place."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Finding(BaseModel):
    """One thing about a package that somebody should know.

    Attributes:
        code: Stable, upper case: MISSING_FILE, MISSING_DIR, INVALID_YAML, INVALID_SCHEMA, NAME_MISMATCH,
            MISSING_MODULE, MISSING_CLASS, MISSING_DECORATOR, MISSING_DRIVER, DUPLICATE_ORDER, NO_STEPS
            from verification; lint adds its own.
        severity: `error` makes the package unusable; `warning` and `hint` do not.
        file: Path within the package, with `/`; empty where the package as a whole is meant.
        line: Counted from 1; None where no line can be named.
        message: What is wrong and how to mend it.
    """

    model_config = ConfigDict(frozen=True)
    code: str
    severity: Literal["error", "warning", "hint"] = "error"
    file: str = ""
    line: int | None = None
    message: str

    def __str__(self) -> str:
        """Write the finding on one line, the way compilers do."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{self.code} {place}: {self.message}" if place else f"{self.code}: {self.message}"


def errors_among(findings: Iterable[Finding]) -> list[Finding]:
    """Pick the findings that make a package unusable."""
    return [finding for finding in findings if finding.severity == "error"]
