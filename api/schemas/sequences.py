"""What is said of sequence packages and their versions."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field, JsonValue

from api.schemas.in_seconds import Prompt, told
from station.control.packages import Use, about_of, title_of
from station.domain.choice import PackageChoice
from station.domain.manual import Command
from station.domain.plan import PackageRef
from station.domain.prompt_fields import Words
from station.domain.values import ValueSpec
from station.execution.description import Version
from station.execution.differences import plain
from station.execution.findings import Finding, errors_among
from station.execution.steps import StepDefinition, needs_of


class SequenceStep(BaseModel):
    """One step, as decorator and manifest say together; durations in seconds.

    Attributes:
        needs: The steps that must have ended before it, also where its author left that to the order.
        uses: The instruments it uses; null: all.
        retry: Attempts after the first; null: the station's setting.
        prompt: What is asked before it begins.
    """

    name: str
    title: str
    description: str
    order: int
    line: int
    timeout: float
    retry: int | None
    cleanup: bool
    condition: str | None
    needs: list[str]
    uses: list[str] | None
    repeatable: bool
    rearm: bool
    on_error: str | None
    on_fail: str
    segment: float | None
    estimated_duration: float | None
    prompt: Prompt | None

    @classmethod
    def of(cls, step: StepDefinition, steps: tuple[StepDefinition, ...]) -> Self:
        """Translate a step."""
        return cls(
            name=step.name,
            title=step.title,
            description=step.description,
            order=step.order,
            line=step.line,
            timeout=step.timeout,
            retry=step.retry,
            cleanup=step.cleanup,
            condition=step.condition,
            needs=list(needs_of(step, steps)),
            uses=None if step.uses is None else list(step.uses),
            repeatable=step.repeatable,
            rearm=step.rearm,
            on_error=step.on_error,
            on_fail=step.on_fail,
            segment=step.segment,
            estimated_duration=step.estimated_duration,
            prompt=told(Prompt, step.prompt) if step.prompt else None,
        )


class Instrument(BaseModel):
    """An instrument the package needs.

    Attributes:
        config_schema: What station.yaml must say about it.
        commands: What it can be told by hand.
    """

    id: str
    display_name: str
    description: str
    driver: str
    driver_class: str
    config_schema: dict[str, ValueSpec]
    commands: list[Command]


class Edge(BaseModel):
    """One line of the graph: a step needs another one to have ended, or uses an instrument."""

    kind: str = Field(pattern="^(needs|uses)$")
    step: str
    target: str


class SequenceDetail(BaseModel):
    """Everything about one version of a package that can be known without running it.

    Attributes:
        display_name: In English, where its manifest says it in more than one language.
        description: Likewise.
        title: What people call it, in each language.
        about: What it tests, in each language; null where its manifest says nothing.
        manifest: As its author wrote it.
        graph: Which step needs which, and uses which instrument.
        warnings: What is odd but usable.
        used_by: Which batches use the package, and which version of it.
    """

    name: str
    display_name: str
    description: str
    title: Words
    about: Words | None
    author: str
    version: str
    content_hash: str
    published_at: datetime
    published_by: str
    manifest: dict[str, JsonValue]
    steps: list[SequenceStep]
    graph: list[Edge]
    instruments: list[Instrument]
    parameters: dict[str, ValueSpec]
    warnings: list[Finding]
    used_by: list[Use]

    @classmethod
    def of(cls, version: Version, uses: list[Use]) -> Self:
        """Translate what is known of a version."""
        manifest, description = version.manifest, version.description
        steps = [SequenceStep.of(step, version.steps) for step in version.steps]
        instruments = [
            Instrument(
                id=name,
                display_name=spec.display_name or name,
                description=spec.description,
                driver=spec.driver,
                driver_class=spec.class_name,
                config_schema=spec.config_schema,
                commands=[command for command in description.commands if command.instrument == name],
            )
            for name, spec in manifest.hardware.items()
        ]
        title, about = title_of(manifest), about_of(manifest)
        return cls(
            name=manifest.name,
            display_name=title.en,
            description=about.en if about else "",
            title=title,
            about=about,
            author=manifest.author,
            version=manifest.version,
            content_hash=version.ref.content_hash,
            published_at=version.published_at,
            published_by=version.published_by,
            manifest=plain(manifest),
            steps=steps,
            graph=[
                *(Edge(kind="needs", step=step.name, target=name) for step in steps for name in step.needs),
                *(Edge(kind="uses", step=step.name, target=name) for step in steps for name in step.uses or ()),
            ],
            instruments=instruments,
            parameters=version.parameters,
            warnings=description.warnings,
            used_by=uses,
        )


class Validated(BaseModel):
    """What there is to say about a package.

    Attributes:
        valid: Whether it could be uploaded; false where one of the findings is an error.
    """

    valid: bool
    findings: list[Finding]

    @classmethod
    def of(cls, findings: list[Finding]) -> Self:
        """Say whether the findings make a package unusable."""
        return cls(valid=not errors_among(findings), findings=findings)


class ActivateRequest(BaseModel):
    """The version that the next run of a batch uses.

    Attributes:
        content_hash: Eight digits of it are enough where no other version begins with them.
    """

    name: str = Field(min_length=1, max_length=100)
    content_hash: str = Field(pattern="^[0-9a-f]{8,64}$")
    reason: str = Field(min_length=1, max_length=1000)


class RollBackRequest(BaseModel):
    """The batch goes back to what it used before."""

    reason: str = Field(min_length=1, max_length=1000)


class Choice(BaseModel):
    """One decision about a batch's next runs.

    Attributes:
        package: Null: what is in the batch's folder when a run is started.
    """

    package: PackageRef | None
    at: datetime
    by: str
    reason: str

    @classmethod
    def of(cls, choice: PackageChoice) -> Self:
        """Translate a decision."""
        return cls(package=choice.package, at=choice.at, by=choice.by, reason=choice.reason)


class BatchSequence(BaseModel):
    """Which version the next run of a batch uses; a run that is under way keeps its own.

    Attributes:
        package: Null: what is in its folder when the run is started.
        sequence_package: The batch's folder, as station.yaml has it.
        history: What was decided, newest first.
    """

    batch_id: str
    package: PackageRef | None
    sequence_package: str
    history: list[Choice]
