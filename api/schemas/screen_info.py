"""What the station's screen must know before it can show anything."""

from pydantic import BaseModel


class Slot(BaseModel):
    """A batch, as an operator sees it.

    Attributes:
        process_id: The MES process of its runs; null: whoever starts one says it.
    """

    batch_id: str
    name: str
    process_id: int | None


class ScreenInfo(BaseModel):
    """What a screen needs that shows the station's slots and starts runs on them.

    Attributes:
        mes: Whether there is an MES, which wants to know unit, process and operator.
        wip_pattern: What the whole of a WIP matches; null where there is no MES: anything may be one.
        temporal_ui: Where Temporal's Web UI shows the station's workflows, its namespace included; null: nowhere. An
            address of 127.0.0.1 can be reached on the station itself only.
        lock_operator: Seconds the operator's screen is left alone until it is locked; 0: never.
        lock_engineer: The same for the engineer's screens.
        slots: In the order of station.yaml, in which they are shown and counted.
    """

    station_id: str
    station_name: str
    mes: bool
    wip_pattern: str | None
    temporal_ui: str | None
    lock_operator: float
    lock_engineer: float
    slots: list[Slot]
