"""The questions that runs wait for, and their answers."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.access.roles import Permission
from api.errors import NotFoundError
from api.guard import Operator, needs
from api.schemas.prompts import Answered, AnswerRequest, PromptDetail
from api.services import Commanding, Station
from station.control.prompting import answer_by_id, open_prompts
from station.domain.errors import EngineError
from station.storage.prompts import OPEN, Prompts

router = APIRouter(prefix="/api/prompts", tags=["prompts"])

PromptId = Annotated[str, Path(description="Id of the prompt, as the list has it.", max_length=200)]


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
