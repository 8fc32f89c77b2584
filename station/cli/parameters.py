"""Reads `-p name=value` into parameters; a value is typed the way a YAML scalar is."""

from collections.abc import Sequence

import yaml
from pydantic import JsonValue

from station.domain.errors import ParameterError


def read_parameters(words: Sequence[str], option: str = "-p ") -> dict[str, JsonValue]:
    """Read parameters from the command line, given after that option.

    Raises:
        ParameterError: If a word has no `=`, no name, or a value that is no YAML scalar.
    """
    parameters: dict[str, JsonValue] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.strip():
            msg = f"{option}{word!r} is not NAME=VALUE, such as {option}supply_voltage=11.5"
            raise ParameterError(msg)
        parameters[name.strip()] = _scalar(name.strip(), text, option)
    return parameters


def _scalar(name: str, text: str, option: str) -> JsonValue:
    """Type one value; what YAML takes for a date stays a text.

    Raises:
        ParameterError: If it is no YAML scalar.
    """
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        quoted = f"{option}'{name}=\"{text}\"'"
        msg = f"{option}{name}: {text!r} is not a value; put it in quotes to send it as a text: {quoted}"
        raise ParameterError(msg) from error
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    if isinstance(value, list | dict):
        msg = f"{option}{name}: {text!r} is a list or a mapping; a parameter is a single value"
        raise ParameterError(msg)
    return text
