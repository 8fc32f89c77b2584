"""Calls for help: somebody at the station calls, somebody else comes."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel

from api.access.roles import Permission
from api.guard import Operator, needs
from api.services import Station
from station.control import calling
from station.domain.call import Call, CallReason
from station.storage.calls import Calls

router = APIRouter(prefix="/api/calls", tags=["calls"])

CallId = Annotated[str, Path(description="Id of the call.", max_length=100)]


class CallRequest(BaseModel):
    """A call for help.

    Attributes:
        reason: What is needed.
    """

    reason: CallReason = CallReason.OTHER


class OpenCall(BaseModel):
    """Whether somebody is called.

    Attributes:
        call: The open call; null where there is none.
    """

    call: Call | None


@router.get("", dependencies=[needs(Permission.WATCH)])
async def open_call(services: Station) -> OpenCall:
    """Tell whether somebody is called to the station."""
    return OpenCall(call=await Calls(services.database).open())


@router.post("")
async def call(request: CallRequest, services: Station, caller: Operator) -> Call:
    """Call somebody to the station; where a call is open, it is given and nothing new is said."""
    return await calling.call(services.database, request.reason, by=caller.name)


@router.post("/{call_id}/answer")
async def answer(call_id: CallId, services: Station, caller: Operator) -> Call:
    """Say that somebody comes."""
    return await calling.answer(services.database, call_id, by=caller.name)


@router.post("/{call_id}/withdraw")
async def withdraw(call_id: CallId, services: Station, caller: Operator) -> Call:
    """Say that nobody needs to come any more."""
    return await calling.withdraw(services.database, call_id, by=caller.name)
