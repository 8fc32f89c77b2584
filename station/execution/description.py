"""What a version of a package is, found out once by whoever ran its code, so that nobody else has to."""

from datetime import datetime
from pathlib import Path
from typing import Protocol, Self

from pydantic import BaseModel, ConfigDict

from station.domain.manual import Command
from station.domain.plan import PackageRef
from station.domain.values import ValueSpec
from station.execution.commands import commands_of
from station.execution.findings import Finding
from station.execution.manifest import Manifest, manifest_in
from station.execution.package import Package, refusal
from station.execution.steps import StepDefinition

FORMAT = 1
"""Counts what a description can say; one of another format is made anew."""


class Described(Protocol):
    """What a plan is made of: a loaded package, or its description."""

    @property
    def ref(self) -> PackageRef:
        """Name, version and content hash."""

    @property
    def manifest(self) -> Manifest:
        """What manifest.yaml says."""

    @property
    def steps(self) -> tuple[StepDefinition, ...]:
        """What decorators and manifest say together, cleanup steps last."""

    @property
    def parameters(self) -> dict[str, ValueSpec]:
        """What a start may set."""


class Description(BaseModel):
    """What the code of a version says about itself; everything else is in its manifest.

    Attributes:
        ref: Name, version and content hash.
        steps: What decorators and manifest say together, cleanup steps last.
        parameters: What a start may set.
        commands: What its instruments can be told by hand.
        warnings: What is odd but usable.
    """

    model_config = ConfigDict(frozen=True)
    format: int = FORMAT
    ref: PackageRef
    steps: tuple[StepDefinition, ...]
    parameters: dict[str, ValueSpec]
    commands: list[Command]
    warnings: list[Finding] = []

    @classmethod
    def of(cls, package: Package) -> Self:
        """Describe a package that was loaded."""
        return cls(
            ref=package.ref,
            steps=package.steps,
            parameters=package.parameters,
            commands=commands_of(package),
            warnings=list(package.warnings),
        )


class Version(BaseModel):
    """One version in the store, as it can be known without running its code.

    Attributes:
        manifest: What manifest.yaml says.
        root: Its folder.
        published_at: When it came into the store.
        published_by: Who brought it; empty where nobody said so.
    """

    model_config = ConfigDict(frozen=True)
    description: Description
    manifest: Manifest
    root: Path
    published_at: datetime
    published_by: str = ""

    @property
    def ref(self) -> PackageRef:
        """Name, version and content hash."""
        return self.description.ref

    @property
    def steps(self) -> tuple[StepDefinition, ...]:
        """What decorators and manifest say together, cleanup steps last."""
        return self.description.steps

    @property
    def parameters(self) -> dict[str, ValueSpec]:
        """What a start may set."""
        return self.description.parameters


def read_manifest(root: Path) -> Manifest:
    """Read the manifest of a package that was verified before.

    Raises:
        PackageError: If it cannot be read after all.
    """  # noqa: DOC501,DOC502 - made by `refusal`
    manifest, findings = manifest_in(root)
    if manifest is None:
        raise refusal(root, findings)
    return manifest
