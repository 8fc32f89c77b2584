"""What a simulated bench is made of: how many slots, on which ports, with which units in them."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

UnitKind = Literal["good", "bad"]
"""A good unit keeps every limit; a bad one has a weak 3V3 rail, draws too much and fails its own self test."""

Instrument = Literal["dmm", "psu", "plc"]

Port = Annotated[int, Field(ge=0, le=65535)]

HOST = "127.0.0.1"
"""The bench answers this machine only."""


class BenchSettings(BaseModel):
    """Settings of a bench. A port of 0 lets the system choose; `bench.json` then says what it chose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    directory: Path
    """Where the multimeters' serial lines, the log and bench.json are; made when missing."""
    slots: int = Field(default=3, ge=1, le=64)
    psu_port: Port = 15025
    """TCP port of the power supply of slot_1; the others follow."""
    opcua_port: Port = 14843
    control_port: Port = 15000
    seed: int = 1
    """Seed of the noise; the same seed and the same questions give the same values."""
    unit: UnitKind = "good"
    """The kind of unit in every slot that `units` does not name."""
    units: dict[str, UnitKind] = {}
    """The kind of unit by slot, such as `{"slot_2": "bad"}`."""
    time_scale: float = Field(default=1.0, gt=0)
    """How much faster than the clock the burn-in chambers warm up and age."""
    log: Path | None = None
    """The bench's log; None is `<directory>/bench.log`."""

    @property
    def log_path(self) -> Path:
        """Where the log is."""
        return self.log or self.directory / "bench.log"

    @property
    def slot_names(self) -> list[str]:
        """`slot_1`, `slot_2` and so on."""
        return [f"slot_{number}" for number in range(1, self.slots + 1)]

    def unit_in(self, slot: str) -> UnitKind:
        """The kind of unit that lies in a slot at start."""
        return self.units.get(slot, self.unit)


class BenchPorts(BaseModel):
    """Where the instruments of a running bench really are."""

    model_config = ConfigDict(frozen=True)

    dmm: dict[str, str]
    """Device path of each slot's multimeter; a link that survives replugging."""
    psu: dict[str, int]
    """TCP port of each slot's power supply."""
    opcua: int
    """TCP port of the PLC that serves all slots."""
    control: int
    """TCP port on which the bench is told to misbehave."""

    @property
    def endpoint(self) -> str:
        """The PLC's OPC UA endpoint."""
        return f"opc.tcp://{HOST}:{self.opcua}"
