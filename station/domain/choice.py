"""Which version of a sequence package the next run of a batch uses."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from station.domain.plan import PackageRef


class PackageChoice(BaseModel):
    """A decision about a batch's next runs; what is under way keeps the version it was started with.

    Attributes:
        id: Grows with each decision of the station.
        batch: The batch.
        package: The version; None: what is in the folder of station.yaml when a run is started.
        folder: `sequence_package` of the batch when it was decided; the decision holds as long as station.yaml says so.
        at: When.
        by: Who.
        reason: Why, in the person's words.
        previous: The decision that comes back when this one is rolled back; None: the folder.
    """

    model_config = ConfigDict(frozen=True)
    id: int
    batch: str
    package: PackageRef | None
    folder: str
    at: datetime
    by: str
    reason: str
    previous: int | None = None
