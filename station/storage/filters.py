"""Turns what a filter asks for into SQL conditions."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement

Comparison = Callable[[Any, Any], ColumnElement[bool]]


def one_of(column: Any, values: Any) -> ColumnElement[bool]:  # noqa: ANN401 - as operator.eq has it
    """The column holds one of the values."""
    condition: ColumnElement[bool] = column.in_(values)
    return condition


def conditions(*asked: tuple[ColumnElement[Any], Comparison, object]) -> list[ColumnElement[bool]]:
    """One condition for each value that was given; None and an empty tuple do not narrow."""
    return [compare(column, value) for column, compare, value in asked if value is not None and value != ()]
