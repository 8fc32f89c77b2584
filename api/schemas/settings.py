"""station.yaml, as people change it."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""Of the file that was read; whoever changes it says which one he knows."""
YamlText = Annotated[str, Field(max_length=1024 * 1024)]
BackupId = Annotated[str, Field(min_length=1, max_length=60)]
Reason = Annotated[str, Field(max_length=1000)]


class SettingsAsked(BaseModel):
    """What would come of a text, or of a backup: one of the two.

    Attributes:
        text: The edited text; `<secret 1>` stands for the secret that was shown so.
        hash: Of the file the text was made of; needed with it.
        backup: Id of a backup.
    """

    model_config = ConfigDict(extra="forbid")
    text: YamlText | None = None
    hash: Hash | None = None
    backup: BackupId | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.text is None) == (self.backup is None) or (self.text is None) != (self.hash is None):
            msg = "give text and hash, or backup"
            raise ValueError(msg)
        return self


class SettingsSave(BaseModel):
    """The settings are to become this text.

    Attributes:
        text: `<secret 1>` stands for the secret that was shown so.
        hash: Of the file the text was made of; a conflict where it is another one by now.
        reason: Why; kept in the audit.
    """

    model_config = ConfigDict(extra="forbid")
    text: YamlText
    hash: Hash
    reason: Reason = ""


class SettingsRestore(BaseModel):
    """A backup is to be taken back.

    Attributes:
        hash: Of the file as it was read; a conflict where it is another one by now.
        reason: Why; kept in the audit.
    """

    model_config = ConfigDict(extra="forbid")
    backup: BackupId
    hash: Hash
    reason: Reason = ""
