"""What the station owes the MES: one call, as it is queued, and what became of it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from station.domain.delivery import MesAction
from station.mes.messages import PROCESS_ID, CompleteRequest, ConvertRequest, StartRequest


class OwedCall(BaseModel):
    """One call owed to the MES.

    Attributes:
        item_id: Identity of what is owed; submitting it twice is submitting it once.
        run_id: The run it tells of.
        wip: The text on the WIP's label.
        process_id: The MES process; not needed for a conversion.
        operator_id: The user of the MES in whose name it is told.
        payload: The other fields of the request: `started_at`, `completed_at`, `result`, `measurements`, `defects`,
            `notes`, `equipment_id`, as they apply. A completion carries `started_at` too.
    """

    model_config = ConfigDict(frozen=True)
    item_id: str
    run_id: str
    action: MesAction
    wip: str
    process_id: Annotated[int, PROCESS_ID] | None = None
    operator_id: Annotated[int, PROCESS_ID]
    payload: dict[str, JsonValue] = Field(default_factory=dict)

    def start_request(self) -> StartRequest:
        """Read the payload of a start, or the start that a completion implies.

        Raises:
            ValueError: If something is missing or wrong.
        """  # noqa: DOC502 - pydantic raises it
        return StartRequest.model_validate(self._fields())

    def complete_request(self) -> CompleteRequest:
        """Read the payload of a completion.

        Raises:
            ValueError: If something is missing or wrong.
        """  # noqa: DOC502 - pydantic raises it
        return CompleteRequest.model_validate(self._fields())

    def convert_request(self) -> ConvertRequest:
        """Read the payload of a conversion.

        Raises:
            ValueError: If something is missing or wrong.
        """  # noqa: DOC502 - pydantic raises it
        return ConvertRequest.model_validate(self._fields())

    def _fields(self) -> dict[str, JsonValue]:
        return {**self.payload, "process_id": self.process_id, "operator_id": self.operator_id}


class Receipt(BaseModel):
    """The MES has it.

    Attributes:
        already: It had it from an earlier attempt whose end was unknown.
        wip_status: The WIP's status after it, where it was told.
        duration_seconds: How long the process took by the MES's reckoning; completions only.
        serial: The serial number; conversions only, empty where the MES does not tell it.
    """

    model_config = ConfigDict(frozen=True)
    item_id: str
    action: MesAction
    already: bool = False
    wip_status: str | None = None
    duration_seconds: float | None = None
    serial: str | None = None

    @property
    def can_convert(self) -> bool:
        """Whether the WIP may get its serial number now."""
        return self.wip_status == "COMPLETED"
