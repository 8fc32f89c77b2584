"""Logs as JSON lines, one file per process, rotated (checklist S0-52, S1-13)."""

import logging
import logging.handlers
import sys
from pathlib import Path

import structlog
import structlog.typing

from station.config.model import LoggingSection

_SHARED: list[structlog.typing.Processor] = [
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]


def set_up_logging(settings: LoggingSection, base: Path, process: str, *, console: bool = False) -> None:
    """Send the root logger to this process's own file, and to the console where somebody looks at it.

    Several processes cannot rotate one file, so each has its own beside `logging.file`: `station.engine.log`.

    Args:
        settings: The `logging` section.
        base: Folder that a relative `logging.file` starts from.
        process: Name of the process, part of the file's name and of every line.
        console: Whether to write readable lines to standard error too.
    """
    file = base / settings.file
    file = file.with_name(f"{file.stem}.{process}{file.suffix}")
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        file,
        maxBytes=settings.max_bytes,
        backupCount=settings.backup_count,
        encoding="utf-8",
        errors="backslashreplace",
    )
    handler.setFormatter(_formatter(structlog.processors.JSONRenderer(ensure_ascii=False)))
    handlers: list[logging.Handler] = [handler]
    if console:
        stream = logging.StreamHandler(sys.stderr)
        stream.setFormatter(_formatter(structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())))
        handlers.append(stream)
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    for new in handlers:
        root.addHandler(new)
    root.setLevel(settings.level)
    # These speak of every call they make.
    for noisy in ("httpx", "httpcore", "aiosqlite", "alembic"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)  # it logs a traceback for every session that is gone


def _formatter(renderer: structlog.typing.Processor) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
