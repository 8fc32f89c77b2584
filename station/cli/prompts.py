"""`station prompts` and `station answer`: what runs ask, and what they are told."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from station.cli.output import out, print_json
from station.cli.picture import how_to_answer
from station.cli.place import Place, user, wait_for
from station.control import commands
from station.control.prompting import BatchPrompt, choose, open_prompts
from station.domain.errors import ParameterError


def prompts(config_file: Path, *, json: bool) -> None:
    """List what is asked now."""
    wait_for(_prompts(Place.of(config_file), json=json))


def answer(config_file: Path, batch: str, words: Sequence[str]) -> None:
    """Answer a prompt of the run on a batch."""
    place = Place.of(config_file)
    place.config.batch(batch)
    meant, values = read_words(words)
    wait_for(_answer(place, batch, meant, values))


def read_words(words: Sequence[str]) -> tuple[str | None, dict[str, str]]:
    """Take apart which prompt is meant and what is answered.

    Raises:
        ParameterError: If a word is neither, or nothing is answered.
    """
    named = bool(words) and "=" not in words[0]
    values: dict[str, str] = {}
    for word in words[1:] if named else words:
        name, sign, value = word.partition("=")
        if not sign:
            msg = f"{word!r} is not an answer; write NAME=VALUE, such as answer=pass"
            raise ParameterError(msg)
        values[name] = value
    if not values:
        msg = "nothing is answered; write NAME=VALUE for each field (`station prompts` shows them)"
        raise ParameterError(msg)
    return words[0] if named else None, values


async def _prompts(place: Place, *, json: bool) -> None:
    found = await open_prompts(await place.client(), place.config)
    if json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    for one in found:
        _print(out(), one)
    if not found:
        out().print("nothing is asked")


def _print(console: Console, one: BatchPrompt) -> None:
    asked = one.asked
    since = datetime.now(UTC) - asked.asked_at
    heading = f"{one.batch}  {asked.step}.{asked.prompt.key}  for {since.total_seconds():.0f} s"
    until = f", until {asked.until:%Y-%m-%d %H:%M:%S} UTC" if asked.until else ""
    console.print(f"{heading}{until}", markup=False)
    console.print(f"  {asked.prompt.message}", markup=False)
    if asked.prompt.picture:
        console.print(f"  picture: {asked.prompt.picture}", markup=False)
    for field in asked.prompt.fields:
        label = f"{field.label}: " if field.label else ""
        console.print(f"  {field.name}: {label}{field.allowed}", markup=False)
    console.print(f"  {how_to_answer(one.batch, asked.id, asked.prompt)}", markup=False)


async def _answer(place: Place, batch: str, meant: str | None, values: dict[str, str]) -> None:
    client = await place.client()
    prompt = choose(await open_prompts(client, place.config, batch), batch, meant)
    await commands.answer_prompt(client, place.config, batch, prompt, values, by=user())
    said = ", ".join(f"{name}={value}" for name, value in values.items())
    out().print(f"{batch}: answered {said}", markup=False)
