"""What is doubtful in a package's source, found without running any of it."""

import ast
from pathlib import Path

from station.domain.errors import PackageError
from station.execution.code_checks import SourceFile, check_code, energised_without_cleanup
from station.execution.findings import Finding
from station.execution.hashing import package_files
from station.execution.manifest import manifest_in


def lint_source(root: Path) -> list[Finding]:
    """Say what is doubtful in a package's source, without running any of it."""
    files = _sources(root)
    findings = [finding for file in files for finding in check_code(file, root)]
    cleanup = energised_without_cleanup(files)
    if cleanup is not None and not _cleanup_in_manifest(root):
        findings.append(cleanup)
    return findings + _kind_of_package(files)


def _sources(root: Path) -> list[SourceFile]:
    """Parse the package's own files; a file that cannot be parsed is verification's finding."""
    sources = []
    try:
        files = package_files(root)
    except PackageError:
        return []
    for file in files:
        if file.suffix == ".py" and not file.name.startswith(("test_", "conftest")):
            try:
                sources.append(SourceFile(file, root))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
    return sources


def _cleanup_in_manifest(root: Path) -> bool:
    manifest, _ = manifest_in(root)
    return manifest is not None and any(step.cleanup for step in manifest.steps)


def _kind_of_package(files: list[SourceFile]) -> list[Finding]:
    """Say what a crash means for a run of this package."""
    for file in files:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.ClassDef) and any(_ends_with(file, base, "SequenceBase") for base in node.bases):
                message = (
                    "a SequenceBase package: its run() is one piece, so a crash repeats all of it; "
                    "mark its parts with @step and a run resumes at the step that was cut off"
                )
                return [file.finding("KIND_IMPERATIVE", "hint", node, message)]
    for file in files:
        for owner, _, _ in file.marked("step"):
            message = "a decorator package: after a crash a run resumes at the step that was cut off"
            return [file.finding("KIND_DECORATOR", "hint", owner, message)]
    return []


def _ends_with(file: SourceFile, node: ast.expr, name: str) -> bool:
    return file.full_name(node).split(".")[-1] == name
