"""Everything there is to say about a package before it meets a line: errors, warnings and hints."""

from pathlib import Path

from station.execution.findings import Finding
from station.execution.source import lint_source
from station.execution.verification import examine_package

__all__ = ["Finding", "lint", "lint_source"]

_ORDER = {"error": 0, "warning": 1, "hint": 2}


def lint(path: Path) -> list[Finding]:
    """Say everything about a package: what verification finds, and what is doubtful in its source.

    Args:
        path: The package's folder. Its code is read and run in a child process only.

    Returns:
        Errors first, then warnings, then hints; each group by file and line.
    """
    findings = examine_package(path.resolve(), source_too=True).findings
    return sorted(findings, key=lambda finding: (_ORDER[finding.severity], finding.file, finding.line or 0))
