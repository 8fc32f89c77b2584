"""What stands in the paths of more than one resource."""

from typing import Annotated

from fastapi import Path

BatchId = Annotated[
    str, Path(description="Id of the batch, as station.yaml has it.", max_length=100, examples=["slot_1"])
]
