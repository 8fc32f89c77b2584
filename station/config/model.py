"""The configuration of a station, as one typed tree; what people write in station.yaml."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from station.config.instruments import clashes
from station.config.kinds import EmptyList, FilePath
from station.config.sections import (
    ApiKeyAuth,
    AuthSection,
    BackendSection,
    BasicAuth,
    BatchConfig,
    BreakerSection,
    DatabaseSection,
    ErrorHandlingSection,
    ExecutionSection,
    HardwareErrors,
    JwtAuth,
    LoggingSection,
    ManualSection,
    ProcessErrors,
    RecoverySection,
    ResourceLimits,
    Section,
    ServerSection,
    StationSection,
    StepErrors,
    TemporalSection,
)
from station.domain.errors import BatchNotFoundError

__all__ = [
    "ApiKeyAuth",
    "AuthSection",
    "BackendSection",
    "BasicAuth",
    "BatchConfig",
    "BreakerSection",
    "DatabaseSection",
    "ErrorHandlingSection",
    "ExecutionSection",
    "HardwareErrors",
    "JwtAuth",
    "LoggingSection",
    "ManualSection",
    "ProcessErrors",
    "RecoverySection",
    "ResourceLimits",
    "ServerSection",
    "StationConfig",
    "StationSection",
    "StepErrors",
    "TemporalSection",
]


class StationConfig(Section):
    """Everything that station.yaml says."""

    station: StationSection
    data_dir: FilePath = Path("data")
    """Folder of everything the station writes, relative to the folder in which it is started."""
    shutdown: Literal["resume", "stop_runs"] = "resume"
    """What becomes of runs when the station is shut down: they resume at the next start, or are stopped with
    their cleanup."""
    server: ServerSection = ServerSection()
    backend: BackendSection = BackendSection()
    batches: Annotated[list[BatchConfig], EmptyList] = Field(default=[])
    """The slots of the station; may be empty."""
    logging: LoggingSection = LoggingSection()
    recovery: RecoverySection = RecoverySection()
    error_handling: ErrorHandlingSection = ErrorHandlingSection()
    execution: ExecutionSection = ExecutionSection()
    manual: ManualSection = ManualSection()
    temporal: TemporalSection = TemporalSection()
    database: DatabaseSection = DatabaseSection()

    def batch(self, batch_id: str) -> BatchConfig:
        """Give the batch of that id.

        Raises:
            BatchNotFoundError: If there is none; the message lists those there are.
        """
        for batch in self.batches:
            if batch.id == batch_id:
                return batch
        known = [batch.id for batch in self.batches]
        listed = f"the configuration has {', '.join(known)}" if known else "the configuration has no batches"
        msg = f'no batch "{batch_id}"; {listed}'
        raise BatchNotFoundError(msg, batch=batch_id, known=known)

    def database_url(self, base_dir: Path) -> str:
        """Give the results database as a URL for SQLAlchemy's asyncio drivers; it may hold a password.

        Args:
            base_dir: The folder in which the station is started; relative paths count from it.
        """
        url = self.database.url.get_secret_value()
        for scheme in ("postgresql://", "postgres://"):
            if url.startswith(scheme):
                return f"postgresql+asyncpg://{url.removeprefix(scheme)}"
        if url.startswith("postgresql+asyncpg://"):
            return url
        file = url.partition(":///")[2] or str(self.data_dir / "station.db")
        if file.startswith(":memory:"):
            return f"sqlite+aiosqlite:///{file}"
        return f"sqlite+aiosqlite:///{(base_dir / file).absolute().as_posix()}"

    @field_validator("batches")
    @classmethod
    def _ids_are_unique(cls, batches: list[BatchConfig]) -> list[BatchConfig]:
        ids = [batch.id for batch in batches]
        double = sorted({batch_id for batch_id in ids if ids.count(batch_id) > 1})
        if double:
            raise PydanticCustomError("duplicate_id", "two batches have the id {ids}", {"ids": ", ".join(double)})
        return batches

    @field_validator("batches")
    @classmethod
    def _instruments_are_told_apart(cls, batches: list[BatchConfig]) -> list[BatchConfig]:
        for clash in clashes([batch.hardware for batch in batches]):
            raise PydanticCustomError("instrument_clash", "{text}", {"text": clash.text})
        return batches

    @model_validator(mode="before")
    @classmethod
    def _mes_knows_it_by_its_id(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        station, backend = data.get("station"), data.get("backend")
        station_id = station.get("id") if isinstance(station, dict) else getattr(station, "id", None)
        if not isinstance(station_id, str):
            return data
        if isinstance(backend, BackendSection):
            if backend.station_id:
                return data
            return {**data, "backend": backend.model_copy(update={"station_id": station_id})}
        if backend is None:
            return {**data, "backend": {"station_id": station_id}}
        if isinstance(backend, dict) and backend.get("station_id", "") == "":
            return {**data, "backend": {**backend, "station_id": station_id}}
        return data
