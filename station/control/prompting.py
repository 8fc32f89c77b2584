"""What the runs of a station ask, and which of it somebody means to answer."""

import asyncio
from collections.abc import Mapping

from pydantic import BaseModel, JsonValue
from temporalio.client import Client

from station.config.model import StationConfig
from station.control.commands import answer_prompt
from station.control.status import live_status
from station.domain.errors import CommandRefusedError
from station.domain.prompt import OpenPrompt, check_answer
from station.domain.run import RunStatus
from station.storage.database import Database
from station.storage.prompts import OPEN, Prompts


class BatchPrompt(BaseModel):
    """A prompt that waits for its answer, and where."""

    batch: str
    run_id: str
    asked: OpenPrompt


async def open_prompts(client: Client, config: StationConfig, batch: str | None = None) -> list[BatchPrompt]:
    """Ask the runs under way what they ask; an EngineError passes through where one does not answer."""
    batches = [one.id for one in config.batches] if batch is None else [config.batch(batch).id]
    states = await asyncio.gather(*(live_status(client, config, name) for name in batches))
    return [
        BatchPrompt(batch=name, run_id=status.run_id, asked=asked)
        for name, status in zip(batches, states, strict=True)
        if status is not None
        for asked in status.prompts
    ]


async def answer_by_id(
    client: Client,
    config: StationConfig,
    database: Database,
    prompt_id: str,
    values: Mapping[str, JsonValue],
    *,
    by: str,
) -> tuple[BatchPrompt, RunStatus]:
    """Answer a prompt of which only the id is known; gives it, and where its run is now.

    An AnswerError with a sentence for each field passes through where the answer is not allowed, a StorageError where
    the database is away, a BatchNotRunningError where the run is over.

    Args:
        client: Connected to the station's Temporal server.
        config: The station's configuration.
        database: The open results database.
        prompt_id: The prompt.
        values: One for each of its fields.
        by: Who answers.

    Raises:
        CommandRefusedError: PROMPT_NOT_FOUND, or PROMPT_NOT_OPEN where it has its answer or needs none any more.
    """
    record = await Prompts(database).get(prompt_id)
    if record is not None:
        if record.state != OPEN:
            msg = f"Prompt {prompt_id} is {record.state.replace('_', ' ')}"
            who = f" by {record.answer.by}" if record.answer is not None else ""
            raise CommandRefusedError("PROMPT_NOT_OPEN", f"{msg}{who}.", prompt=prompt_id, state=record.state)
        found = BatchPrompt(batch=record.batch, run_id=record.run_id, asked=record.asked)
    else:
        # Its row may be on its way.
        known = {one.asked.id: one for one in await open_prompts(client, config)}
        if prompt_id not in known:
            raise CommandRefusedError("PROMPT_NOT_FOUND", f"Nobody asked {prompt_id}.", prompt=prompt_id)
        found = known[prompt_id]
    check_answer(found.asked.prompt, values)
    return found, await answer_prompt(client, config, found.batch, prompt_id, values, by=by)


def choose(prompts: list[BatchPrompt], batch: str, meant: str | None) -> str:
    """Give the id of the prompt that is meant: by its id, the end of it, its key or its step; the only one by nothing.

    An id that no run asks any more is given back as it is, so that the run itself says what became of it.

    Raises:
        CommandRefusedError: If there is none, or it could be several.
    """
    if meant is not None and ":" in meant:
        return meant
    fits = [one.asked for one in prompts if meant is None or meant in _names(one.asked)]
    if len(fits) == 1:
        return fits[0].id
    asked = ", ".join(f"{one.asked.id.rpartition(':')[2]} ({one.asked.step}.{one.asked.prompt.key})" for one in prompts)
    if not prompts:
        msg = f"The run on batch {batch} asks nothing now."
    elif not fits:
        msg = f"The run on batch {batch} does not ask {meant}; it asks {asked}."
    else:
        msg = f"Batch {batch} asks more than one thing; say which: {asked}."
    raise CommandRefusedError("PROMPT_NOT_OPEN", msg, batch=batch)


def _names(asked: OpenPrompt) -> set[str]:
    key = asked.prompt.key
    return {asked.id, asked.id.rpartition(":")[2], key, asked.step, f"{asked.step}.{key}"}
