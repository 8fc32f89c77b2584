"""Expressions that each database writes in its own way."""

from typing import Any

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class plain(GenericFunction[Any]):  # noqa: N801 - used as a function
    """A column for whose conditions SQLite uses no index; to other databases it is the column."""

    inherit_cache = True

    def __init__(self, column: Any) -> None:  # noqa: ANN401 - a column of any type
        super().__init__(column, type_=column.type)


class bytewise(GenericFunction[str]):  # noqa: N801
    """A text that is compared by its characters' codes, in every database's locale."""

    inherit_cache = True


class epoch(GenericFunction[int]):  # noqa: N801
    """Whole seconds since 1970 of a time."""

    type = Integer()
    inherit_cache = True


@compiles(plain)
def _column(element: plain, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - as SQLAlchemy calls it
    return str(compiler.process(element.clauses, **options))


@compiles(plain, "sqlite")
def _without_index(element: plain, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"+{compiler.process(element.clauses, **options)}"


@compiles(bytewise)
def _by_code(element: bytewise, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f'{compiler.process(element.clauses, **options)} COLLATE "C"'


@compiles(bytewise, "sqlite")
def _as_it_is(element: bytewise, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return str(compiler.process(element.clauses, **options))


@compiles(epoch)
def _seconds(element: epoch, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"CAST(floor(extract(epoch FROM {compiler.process(element.clauses, **options)})) AS BIGINT)"


@compiles(epoch, "sqlite")
def _seconds_of_text(element: epoch, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **options)}) AS INTEGER)"
