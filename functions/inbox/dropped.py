"""A file that was dropped into the inbox, as S3 tells of it through EventBridge."""

from __future__ import annotations

from pydantic import AliasPath, BaseModel, ConfigDict, Field

from extraction_aws.s3 import INBOX, require_folder
from extraction_jobs.model import Tenant
from extraction_jobs.names import MAX_IDENTIFIER, identifying_text, storable_text
from extraction_jobs.sources import SourceRefusedError

_OBJECT = ("detail", "object")


class DroppedFile(BaseModel):
    """What an event "Object Created" says.

    The key is as it is: unlike S3's older notifications, these do not encode it as in a URL. (Powertools decodes it all
    the same, and would make a space of a plus.)
    """

    # An error would quote the key.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    bucket: str = Field(validation_alias=AliasPath("detail", "bucket", "name"))
    key: str = Field(validation_alias=AliasPath(*_OBJECT, "key"))
    size: int = Field(validation_alias=AliasPath(*_OBJECT, "size"))
    etag: str = Field("", validation_alias=AliasPath(*_OBJECT, "etag"))
    sequencer: str = Field("", validation_alias=AliasPath(*_OBJECT, "sequencer"))
    version_id: str = Field("null", validation_alias=AliasPath(*_OBJECT, "version-id"))

    @property
    def version(self) -> str:
        """Tells one writing of the key from another. In a bucket without versions the sequencer does."""
        return self.version_id if self.version_id != "null" else f"{self.sequencer} {self.etag}"

    def placed(self, *, max_bytes: int) -> tuple[Tenant, str]:
        """Whose file it is, and its name: the key behind the project's folder.

        Raises:
            SourceRefusedError: it is none that a job can be made of. The message quotes nothing of the key.
        """
        # A shorter key has an empty name then.
        folder, *ids, name = (self.key.split("/", 3) + [""] * 3)[:4]
        if folder != INBOX or not name or name.endswith("/"):
            raise SourceRefusedError(f"its key is not {INBOX}/<org_id>/<project_id>/<file>")
        try:
            storable_text(name)
            lengths = [len(identifying_text(each)) for each in ids]
        except ValueError as error:
            raise SourceRefusedError(f"its key {error}") from None
        if not all(1 <= length <= MAX_IDENTIFIER for length in lengths):
            raise SourceRefusedError(f"its ids are not of 1 to {MAX_IDENTIFIER} characters")
        require_folder(ids[0])
        if not 1 <= self.size <= max_bytes:
            raise SourceRefusedError(f"it has {self.size} bytes; it must have 1 to {max_bytes}")
        return Tenant(*ids), name
