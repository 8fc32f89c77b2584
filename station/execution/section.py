"""What all parts of a manifest have in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the manifest; keys it does not know are kept and reported, never dropped."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)
