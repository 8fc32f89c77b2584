"""The API's own description: its schema, and two pages that show it without anything from elsewhere."""

import base64
import hashlib
import re
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.requests import HTTPConnection
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from api.access.gate import content_policy
from api.access.roles import Permission
from api.guard import needs

router = APIRouter(include_in_schema=False, dependencies=[needs(Permission.WATCH)])

ASSETS = "/docs-assets"
"""Scripts and styles of the two pages; the same for everybody, so everybody may have them."""

_SCHEMA = "/openapi.json"
_ICON = f"{ASSETS}/favicon.png"
_INLINE = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def assets() -> StaticFiles:
    """Give the application that serves them."""
    return StaticFiles(directory=Path(fastapi_offline.__file__).with_name("static"))


@router.get(_SCHEMA)
async def schema(connection: HTTPConnection) -> JSONResponse:
    """Give the schema of everything that is served."""
    return JSONResponse(connection.app.openapi())


@router.get("/docs")
async def swagger(connection: HTTPConnection) -> HTMLResponse:
    """Show the schema, and try it out."""
    page = get_swagger_ui_html(
        openapi_url=_SCHEMA,
        title=f"{connection.app.title}: API",
        oauth2_redirect_url=None,
        swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS}/swagger-ui.css",
        swagger_favicon_url=_ICON,
        swagger_ui_parameters={"validatorUrl": None},
    )
    return _allowing_its_own(page)


@router.get("/redoc")
async def redoc(connection: HTTPConnection) -> HTMLResponse:
    """Show the schema for reading."""
    page = get_redoc_html(
        openapi_url=_SCHEMA,
        title=f"{connection.app.title}: API",
        redoc_js_url=f"{ASSETS}/redoc.standalone.js",
        redoc_favicon_url=_ICON,
        with_google_fonts=False,
    )
    return _allowing_its_own(page, worker="'self' blob:")


def _allowing_its_own(page: HTMLResponse, **more: str) -> HTMLResponse:
    """Allow the scripts that are written in this page, by their hash, and none that somebody might get into it."""
    hashes = [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE.findall(page.body)]
    scripts = " ".join(["'self'", *(f"'sha256-{each}'" for each in hashes)])
    policy = content_policy(**{"script-src": scripts}, **{f"{name}-src": value for name, value in more.items()})
    page.headers["Content-Security-Policy"] = policy
    return page
