"""Takes a file that somebody sends: into a temporary file and never into memory, and only as large as it may be."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect

from api.access.gate import at_most
from api.errors import RequestInvalidError, TooLargeError

FORM_TOO = 64 * 1024
"""Bytes of a form that are not its file."""

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/zip": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}
"""How a route says in its schema that it takes a zip: as the body, or as `file` of a form."""


@asynccontextmanager
async def received(request: Request, folder: Path, limit: int) -> AsyncIterator[BinaryIO]:
    """Take the file of a request; it is gone afterwards, whatever happens.

    Args:
        request: Whose body is the file, or a form with it.
        folder: Where the temporary file is made; it has no name there.
        limit: Bytes it may have.

    Raises:
        TooLargeError: If there are more, as soon as that is known.
        RequestInvalidError: If there is no file, or it breaks off.
    """
    allowed = limit + FORM_TOO
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()) or int(length) > allowed:
        msg = f"The file may have {limit} bytes (server.upload_max)."
        raise TooLargeError(msg, limit=limit, headers={"Connection": "close"})
    limited = Request(request.scope, at_most(allowed, request.receive))
    try:
        if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            async with limited.form(max_files=1, max_fields=10) as form:
                file = form.get("file")
                if not isinstance(file, UploadFile):
                    msg = "The form has no file; send it as the field `file`."
                    raise RequestInvalidError(msg)
                yield file.file
        else:
            with tempfile.TemporaryFile(dir=folder) as body:
                async for chunk in limited.stream():
                    body.write(chunk)
                body.seek(0)
                yield body
    except ClientDisconnect as error:
        msg = "The file broke off."
        raise RequestInvalidError(msg) from error
