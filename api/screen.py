"""Serves the station's screen: the files that `make ui` built, from api/static."""

import stat
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse, HTMLResponse, Response

from api.access.roles import Permission
from api.errors import NotFoundError
from api.guard import needs

FOLDER = Path(__file__).parent / "static"
"""Where `make ui` leaves what it built."""

FOR_EVER = "public, max-age=31536000, immutable"
"""Of files whose name changes with their content."""

_NOT_BUILT = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Station</title>'
    "<h1>The screen is not built</h1><p>Run <code>make ui</code> in the station's folder, then load this page again. "
    'The API is up: <a href="/docs">/docs</a>.</p>'
    '<h2 lang="ko">화면이 아직 빌드되지 않았습니다</h2>'
    '<p lang="ko">스테이션 폴더에서 <code>make ui</code>를 실행한 뒤 이 페이지를 다시 여세요.</p></html>'
)

# Whoever has to log in does so on the page, so everybody the station serves gets it. It holds nothing of the station.
# One look at it is many files.
router = APIRouter(dependencies=[needs(Permission.PUBLIC, counted=False)], include_in_schema=False)


def _folder() -> Path:
    return FOLDER


Folder = Annotated[Path, Depends(_folder)]


@router.get("/")
@router.get("/op")
@router.get("/op/{place:path}")
@router.get("/eng")
@router.get("/eng/{place:path}")
@router.get("/ui")
@router.get("/ui/{place:path}")
@router.get("/login")
async def page(folder: Folder, place: str = "") -> Response:
    """Give the one page; its own code looks at the address."""
    del place
    index = _file(folder, "index.html")
    if index is None:
        return HTMLResponse(_NOT_BUILT, headers={"Cache-Control": "no-store"})
    return FileResponse(index, media_type="text/html", headers={"Cache-Control": "no-store"})


@router.get("/assets/{name}")
async def asset(name: str, folder: Folder) -> Response:
    """Give a file whose name changes with its content.

    Raises:
        NotFoundError: If there is none of that name.
    """
    found = _file(folder, "assets", name)
    if found is None:
        msg = f"There is no file {name[:100]!r} of the screen; load the page again if it was built anew."
        raise NotFoundError(msg)
    return FileResponse(found, headers={"Cache-Control": FOR_EVER})


@router.get("/favicon.svg")
async def icon(folder: Folder) -> Response:
    """Give the page's sign.

    Raises:
        NotFoundError: If the screen is not built.
    """
    found = _file(folder, "favicon.svg")
    if found is None:
        msg = "The screen is not built: run `make ui`."
        raise NotFoundError(msg)
    return FileResponse(found, media_type="image/svg+xml")


def _file(folder: Path, *parts: str) -> Path | None:
    """Find a plain file of the screen; None where there is none, or it is anything else, such as a link."""
    if any(part in {"", ".", ".."} or "/" in part or "\\" in part or "\0" in part for part in parts):
        return None
    path = folder
    try:
        for part in parts:
            path /= part
            if stat.S_ISLNK(path.lstat().st_mode):
                return None
        return path if path.is_file() else None
    except OSError:
        return None
