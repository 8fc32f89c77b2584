"""station.yaml over the API: read without its secrets, checked, saved, taken back; for administrators.

What is saved takes effect when the station, or a process of it, is started again; each change says which.
"""

import asyncio

from fastapi import APIRouter

from api.access.roles import Permission
from api.guard import Admin, needs
from api.schemas.settings import SettingsAsked, SettingsRestore, SettingsSave
from api.services import Services, Station
from station.control.settings import SettingsCheck, SettingsText
from station.control.settings_file import SettingsBackup

router = APIRouter(prefix="/api/system/settings", tags=["settings"])


@router.get("", dependencies=[needs(Permission.ADMINISTER)])
async def read_settings(services: Station) -> SettingsText:
    """Give station.yaml as it stands, and what differs from what runs."""
    return await _read(services)


@router.post("/validate", dependencies=[needs(Permission.ADMINISTER)])
async def validate(request: SettingsAsked, services: Station) -> SettingsCheck:
    """Say what is wrong with a text or a backup, what it would change, and when that would take effect."""
    settings, runs = services.settings, services.config
    if request.backup is not None:
        return await asyncio.to_thread(settings.check_backup, request.backup, runs)
    return await asyncio.to_thread(settings.check, request.text or "", request.hash or "", runs)


@router.put("")
async def save(request: SettingsSave, services: Station, caller: Admin) -> SettingsText:
    """Save a text; what stood in the file is kept as a backup. A text that is wrong is refused."""
    await services.settings.save(services.database, request.text, request.hash, by=caller.name, reason=request.reason)
    return await _read(services)


@router.get("/backups", dependencies=[needs(Permission.ADMINISTER)])
async def backups(services: Station) -> list[SettingsBackup]:
    """List what station.yaml was before it was saved, newest first."""
    return await asyncio.to_thread(services.settings.backups)


@router.post("/restore")
async def restore(request: SettingsRestore, services: Station, caller: Admin) -> SettingsText:
    """Take a backup back; what stood in the file is kept as a backup too."""
    await services.settings.restore(
        services.database, request.backup, request.hash, by=caller.name, reason=request.reason
    )
    return await _read(services)


async def _read(services: Services) -> SettingsText:
    return await asyncio.to_thread(services.settings.read, services.config)
