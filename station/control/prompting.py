"""What the runs of a station ask, and which of it somebody means to answer."""

from pydantic import BaseModel
from temporalio.client import Client

from station.config.model import StationConfig
from station.control.status import live_status
from station.domain.errors import CommandRefusedError
from station.domain.prompt import OpenPrompt


class BatchPrompt(BaseModel):
    """A prompt that waits for its answer, and where."""

    batch: str
    run_id: str
    asked: OpenPrompt


async def open_prompts(client: Client, config: StationConfig, batch: str | None = None) -> list[BatchPrompt]:
    """Ask the runs under way what they ask; an EngineError passes through where one does not answer."""
    batches = [one.id for one in config.batches] if batch is None else [config.batch(batch).id]
    found = []
    for name in batches:
        status = await live_status(client, config, name)
        if status is not None:
            found += [BatchPrompt(batch=name, run_id=status.run_id, asked=asked) for asked in status.prompts]
    return found


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
