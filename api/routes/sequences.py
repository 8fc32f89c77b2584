"""Sequence packages: their versions, new ones, and which of them the batches use."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response, status

from api.access.roles import Permission
from api.guard import Admin, Manager, needs
from api.paths import BatchId
from api.schemas.sequences import (
    ActivateRequest,
    BatchSequence,
    Choice,
    RollBackRequest,
    SequenceDetail,
    Validated,
)
from api.services import Services, Station
from api.uploads import BODY, received
from station.control import choosing, packages, uploading
from station.control.packages import SequenceEntry, VersionDiff, VersionEntry
from station.control.uploading import Uploaded
from station.domain.values import ValueSpec
from station.execution.archive import LIMITS, Limits
from station.storage.choices import Choices

router = APIRouter(prefix="/api/sequences", tags=["sequences"])
of_batch = APIRouter(prefix="/api/batches/{batch_id}/sequence", tags=["sequences"])

UPLOADS = frozenset({f"{router.prefix}/upload", f"{router.prefix}/validate"})
"""Paths that limit the size of what they take themselves."""

_HASH = "^[0-9a-f]{8,64}$"
Name = Annotated[str, Path(description="Name of the package.", min_length=1, max_length=100)]
Hash = Annotated[str, Path(description="Content hash of a version, or eight digits of it or more.", pattern=_HASH)]
Chosen = Annotated[
    str | None,
    Query(
        alias="version",
        description="Content hash of a version; without it, the one that is used, or else the newest.",
        pattern=_HASH,
    ),
]


@router.get("", dependencies=[needs(Permission.WATCH)])
async def list_sequences(services: Station) -> list[SequenceEntry]:
    """List the packages, their versions in the store, and which batch uses which."""
    return await packages.list_sequences(services.config, services.layout, services.database)


@router.post("/validate", openapi_extra=BODY)
async def validate(request: Request, services: Station, caller: Admin) -> Validated:
    """Look a package over and say everything there is to say; nothing is kept."""
    limits = _limits(services)
    async with received(request, services.layout.data, limits.size) as archive, services.verifying:
        return Validated.of(await uploading.validate(services.layout, archive, limits=limits))


@router.post(
    "/upload",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=BODY,
    responses={status.HTTP_200_OK: {"model": Uploaded, "description": "The same content was there before"}},
)
async def upload(request: Request, response: Response, services: Station, caller: Admin) -> Uploaded:
    """Verify a package and keep it by its content; nothing uses it before it is activated."""
    limits = _limits(services)
    async with received(request, services.layout.data, limits.size) as archive, services.verifying:
        done = await uploading.upload(services.layout, services.database, archive, by=caller.name, limits=limits)
    if not done.new:
        response.status_code = status.HTTP_200_OK
    return done


@router.get("/{name}", dependencies=[needs(Permission.WATCH)])
async def get_sequence(name: Name, services: Station, version: Chosen = None) -> SequenceDetail:
    """Tell everything about a version: manifest, steps, what needs what, instruments, parameters."""
    found = await packages.find_version(services.config, services.layout, services.database, name, version or "")
    uses = await packages.uses_of(services.config, services.layout, services.database)
    return SequenceDetail.of(found, uses.get(name, []))


@router.get("/{name}/parameters", dependencies=[needs(Permission.WATCH)])
async def get_parameters(name: Name, services: Station, version: Chosen = None) -> dict[str, ValueSpec]:
    """Tell which parameters a start may set: type, range, unit of measure, default."""
    found = await packages.find_version(services.config, services.layout, services.database, name, version or "")
    return found.parameters


@router.get("/{name}/versions", dependencies=[needs(Permission.WATCH)])
async def list_versions(name: Name, services: Station) -> list[VersionEntry]:
    """List the versions of a package in the store, newest first."""
    return await packages.versions_of(services.layout, name)


@router.get("/{name}/versions/{content_hash}/diff/{other}", dependencies=[needs(Permission.WATCH)])
async def diff(name: Name, content_hash: Hash, other: Hash, services: Station) -> VersionDiff:
    """Tell what the second version has otherwise than the first."""
    return await packages.diff_versions(services.layout, name, content_hash, other)


@of_batch.get("", dependencies=[needs(Permission.WATCH)])
async def get_choice(batch_id: BatchId, services: Station) -> BatchSequence:
    """Tell which version the next run of a batch uses, and what was decided before."""
    return await _choice_of(services, batch_id)


@of_batch.post("/activate")
async def activate(batch_id: BatchId, request: ActivateRequest, services: Station, caller: Manager) -> BatchSequence:
    """Have the next run of a batch use this version; a run that is under way keeps its own."""
    await choosing.activate(
        services.config,
        services.layout,
        services.database,
        batch_id,
        name=request.name,
        content_hash=request.content_hash,
        by=caller.name,
        reason=request.reason,
    )
    return await _choice_of(services, batch_id)


@of_batch.post("/rollback")
async def roll_back(batch_id: BatchId, request: RollBackRequest, services: Station, caller: Manager) -> BatchSequence:
    """Have the next run of a batch use what it used before the last activation."""
    await choosing.roll_back(
        services.config, services.layout, services.database, batch_id, by=caller.name, reason=request.reason
    )
    return await _choice_of(services, batch_id)


async def _choice_of(services: Services, batch_id: str) -> BatchSequence:
    batch = services.config.batch(batch_id)
    return BatchSequence(
        batch_id=batch.id,
        package=await choosing.chosen_package(services.database, batch),
        sequence_package=batch.sequence_package,
        history=[Choice.of(choice) for choice in await Choices(services.database).history(batch.id)],
    )


def _limits(services: Services) -> Limits:
    return replace(LIMITS, size=services.config.server.upload_bytes)
