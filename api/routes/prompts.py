"""The questions that runs wait for, and their answers."""

from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse

from api.access.roles import Permission
from api.errors import NotFoundError
from api.guard import Operator, needs
from api.schemas.prompts import Answered, AnswerRequest, PromptDetail
from api.services import Commanding, Station
from station.control.pictures import picture_of
from station.control.prompting import answer_by_id, open_prompts
from station.domain.errors import EngineError
from station.storage.prompts import OPEN, Prompts

router = APIRouter(prefix="/api/prompts", tags=["prompts"])

PromptId = Annotated[str, Path(description="Id of the prompt, as the list has it.", max_length=200)]

PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
"""What browsers show, by the ends of files' names."""


@router.get("", dependencies=[needs(Permission.WATCH)])
async def list_prompts(
    services: Station,
    batch_id: Annotated[str | None, Query(description="Of this batch only.", max_length=100)] = None,
) -> list[PromptDetail]:
    """List what waits for an answer, oldest first; while the engine is away, as the database has it."""
    if batch_id is not None:
        services.config.batch(batch_id)
    try:
        found = await open_prompts(await services.engine.client(), services.config, batch_id)
    except EngineError:
        records = await Prompts(services.database).list(batch=batch_id, state=OPEN)
        return [PromptDetail.of(record) for record in records]
    return sorted((PromptDetail.of(one) for one in found), key=lambda one: (one.asked_at, one.prompt_id))


@router.get("/{prompt_id}", dependencies=[needs(Permission.WATCH)])
async def get_prompt(prompt_id: PromptId, services: Station) -> PromptDetail:
    """Tell what was asked and what became of it.

    Raises:
        NotFoundError: If nobody asked it.
    """
    record = await Prompts(services.database).get(prompt_id)
    if record is None:
        msg = f"Nobody asked {prompt_id[:100]}."
        raise NotFoundError(msg, prompt=prompt_id)
    return PromptDetail.of(record)


@router.get("/{prompt_id}/picture", response_class=FileResponse, dependencies=[needs(Permission.WATCH)])
async def get_picture(prompt_id: PromptId, services: Station) -> FileResponse:
    """Give the picture that a prompt shows.

    Raises:
        NotFoundError: If it shows none, or the file is gone or no picture.
    """
    path = await picture_of(services.layout, services.database, prompt_id)
    kind = None if path is None else PICTURES.get(path.suffix.lower()) or _kind_of(path)
    if path is None or kind is None:
        msg = f"There is no picture for {prompt_id[:100]}."
        raise NotFoundError(msg, prompt=prompt_id)
    # A drawing may hold scripts; as a page of its own it gets to do nothing.
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
    return FileResponse(path, media_type=kind, headers=headers)


@router.post("/{prompt_id}/answer")
async def answer_prompt(
    prompt_id: PromptId, request: AnswerRequest, services: Station, client: Commanding, caller: Operator
) -> Answered:
    """Answer a prompt; the first answer counts, a second one is a conflict."""
    found, run = await answer_by_id(
        client, services.config, services.database, prompt_id, request.values, by=caller.name
    )
    return Answered(
        prompt_id=prompt_id,
        batch_id=found.batch,
        execution_id=found.run_id,
        state=run.state.value,
        waiting_for=run.waiting_for,
    )


def _kind_of(path: FilePath) -> str | None:
    """Tell the kind of a picture whose file has no name of its own; None where it is none that browsers show."""
    with path.open("rb") as file:
        head = file.read(12)
    begins = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif"}
    found = next((suffix for magic, suffix in begins.items() if head.startswith(magic)), None)
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        found = ".webp"
    return None if found is None else PICTURES[found]
