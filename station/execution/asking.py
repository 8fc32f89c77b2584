"""What a step asks people: a prompt without an answer ends this part of the step, one that has it returns at once."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from pydantic import JsonValue, ValidationError

from station.domain.errors import StepError
from station.domain.prompt import AnsweredPrompt, Prompt
from station.domain.prompt_fields import PromptField
from station.domain.run import Attachment
from station.execution.ask import Said
from station.execution.soak import SegmentEnd

_HASH = re.compile(r"[0-9a-f]{64}")


class PromptWait(SegmentEnd):
    """Ends this part of the step; it is called again from its first line when there is an answer."""


class Asking:
    """The prompts of one part of one attempt.

    Attributes:
        open: What this part ended to ask.
    """

    def __init__(self, root: Path, answers: Sequence[AnsweredPrompt] = ()) -> None:
        self.open: Prompt | None = None
        self._root = root
        self._answers = {one.key: one for one in answers}
        self._keys: list[str] = []

    def values(self, prompt: Prompt) -> JsonValue:
        """Give the answer to a prompt that has one.

        Raises:
            StepError: If its key was used before in this part, or was answered to another question.
            PromptWait: If it has none yet.
        """
        if self.open is not None:
            raise PromptWait
        if prompt.key in self._keys:
            msg = f"the step asks {prompt.key} twice; give each prompt its own key, as in key='{prompt.key}_2'"
            raise StepError(msg)
        self._keys.append(prompt.key)
        known = self._answers.get(prompt.key)
        if known is None:
            self.open = prompt
            raise PromptWait
        if known.kinds != prompt.kinds:
            was, now = _described(known.kinds), _described(prompt.kinds)
            msg = (
                f"prompt {prompt.key} was answered as {was} and asks for {now} now: the step does not ask the same "
                "questions in the same order again; give each prompt a key of its own"
            )
            raise StepError(msg)
        return prompt.bare(known.answer.values)

    def answered(self, prompt: Prompt) -> AnsweredPrompt | None:
        """Give what is known of the answer to a prompt."""
        return self._answers.get(prompt.key)

    def make(
        self,
        message: Said,
        fields: Sequence[PromptField],
        *,
        key: str | None,
        picture: str | Path | Attachment | None,
        timeout: float | None,
        on_timeout: str,
    ) -> Prompt:
        """Make a prompt of what an author wrote.

        Raises:
            StepError: If it makes no sense, or the package has no such picture.
        """
        given = {
            "key": key if key is not None else f"prompt_{len(self._keys) + 1}",
            "message": message,
            "picture": self._picture(picture),
            "timeout": None if timeout is None else timedelta(seconds=timeout),
            "on_timeout": on_timeout,
        }
        try:
            return Prompt.model_validate(given | ({"fields": tuple(fields)} if fields else {}))
        except ValidationError as error:
            what = "; ".join(problem["msg"].removeprefix("Value error, ") for problem in error.errors())
            msg = f"ctx.prompt({message!r}, ...): {what}"
            raise StepError(msg) from error

    def _picture(self, picture: str | Path | Attachment | None) -> str:
        if picture is None:
            return ""
        if isinstance(picture, Attachment):
            return picture.sha256
        name = Path(picture).as_posix()
        if not _HASH.fullmatch(name) and not has_picture(self._root, name):
            msg = f"the package has no picture {name}; name a file by its path in the package, as in 'pictures/led.png'"
            raise StepError(msg)
        return name


def has_picture(root: Path, name: str) -> bool:
    """Tell whether a package has a file of that name."""
    place = (root / name).resolve()
    return place.is_relative_to(root.resolve()) and place.is_file()


def _described(kinds: Mapping[str, str]) -> str:
    return ", ".join(f"{kind} {name}" for name, kind in kinds.items())
