"""Sources in S3: private objects, read with the function's role, and uploaded with leave of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

from extraction_aws.clients import client
from extraction_jobs.sources import SourceRefusedError, SourceUnavailableError

_URI = re.compile(r"s3://(?P<bucket>[^/]+)/(?P<key>.+)", re.DOTALL)
_MISSING = {"404", "NoSuchKey", "NotFound", "NoSuchBucket"}
_FORBIDDEN = {"403", "AccessDenied", "AllAccessDisabled", "InvalidObjectState"}
_UPLOAD_SECONDS = 900
_LONGEST_NAME = 100
# Where files are dropped for the inbox function, each under its organisation's id.
INBOX = "inbox"


@dataclass(frozen=True, slots=True)
class Upload:
    """Leave to upload one file, without any other right: a form to POST, and the source that it becomes.

    Attributes:
        url: where to POST the form, as multipart/form-data.
        fields: the form's fields. They go before the file, whose field is called `file`.
        source_uri: to create the job with, after the upload.
        max_bytes: of the file; S3 refuses a larger one.
        expires_in_seconds: how long S3 takes the form.
    """

    url: str
    fields: dict[str, str]
    source_uri: str
    max_bytes: int
    expires_in_seconds: int


class S3Sources:
    """Reads `s3://bucket/<org_id>/key` and `s3://bucket/inbox/<org_id>/key` from one bucket.

    A key must begin so: the function's role can read the whole bucket, and this is what keeps one tenant from naming
    another's documents.
    """

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def read(self, uri: str, *, org_id: str, max_bytes: int) -> bytes:
        """See SourceReader."""
        key = self._key(uri, org_id)
        with _told_in_words():
            answer = client("s3").get_object(Bucket=self._bucket, Key=key)
            _refuse_if_too_large(answer["ContentLength"], max_bytes)
            # Not more than was announced, whatever comes.
            content: bytes = answer["Body"].read(max_bytes + 1)
        _refuse_if_too_large(len(content), max_bytes)
        return content

    def check(self, uri: str, *, org_id: str, max_bytes: int) -> None:
        """See SourceReader."""
        key = self._key(uri, org_id)
        with _told_in_words():
            answer = client("s3").head_object(Bucket=self._bucket, Key=key)
        _refuse_if_too_large(answer["ContentLength"], max_bytes)

    def new_upload(
        self, org_id: str, file_name: str, *, max_bytes: int, repeat_key: str | None = None
    ) -> Upload:
        """Returns leave to upload one file into the organisation's folder, under a key of its own.

        Made by the function's own credentials: AWS is not asked.

        Args:
            org_id: whose folder.
            file_name: what the key ends with, but for what is not a letter of ASCII, a digit, a dot or a hyphen.
            max_bytes: see `Upload`.
            repeat_key: the same one leads to the same place for the same name.

        Raises:
            SourceRefusedError: no bucket is set up, or the organisation can have no folder in it.
        """
        self._require_bucket()
        require_folder(org_id)
        name = re.sub(r"[^A-Za-z0-9.-]+", "-", file_name)[-_LONGEST_NAME:]
        key = f"{org_id}/uploads/{_folder(repeat_key)}/{name}"
        form = client("s3").generate_presigned_post(
            Bucket=self._bucket,
            Key=key,
            Conditions=[["content-length-range", 1, max_bytes]],
            ExpiresIn=_UPLOAD_SECONDS,
        )
        uri = f"s3://{self._bucket}/{key}"
        return Upload(form["url"], form["fields"], uri, max_bytes, _UPLOAD_SECONDS)

    def _require_bucket(self) -> None:
        if not self._bucket:
            raise SourceRefusedError(
                "this service has no source bucket: set SOURCE_BUCKET, or send source_text or source_base64"
            )

    def _key(self, uri: str, org_id: str) -> str:
        match = _URI.fullmatch(uri)
        if match is None:
            raise SourceRefusedError("must be an address like s3://bucket/org_id/key")
        self._require_bucket()
        if match["bucket"] != self._bucket:
            raise SourceRefusedError(f"must be in the bucket {self._bucket}")
        require_folder(org_id)
        if not match["key"].startswith((f"{org_id}/", f"{INBOX}/{org_id}/")):
            raise SourceRefusedError(
                "must have a key that begins with the organisation's org_id and a slash"
            )
        if len(match["key"].encode()) > 1024:
            raise SourceRefusedError("must have a key of at most 1024 bytes")
        return match["key"]


def _folder(repeat_key: str | None) -> UUID:
    """A new folder; of the same key the same one."""
    if repeat_key is None:
        return uuid4()
    return UUID(bytes=hashlib.sha256(repeat_key.encode()).digest()[:16], version=4)


def require_folder(org_id: str) -> None:
    """Does nothing if the organisation can have a folder of its own in the bucket.

    Raises:
        SourceRefusedError: it would share one: "a/b" with "a", and "inbox" with all whose files are in the inbox.
    """
    if "/" in org_id or org_id == INBOX:
        raise SourceRefusedError(
            f'an org_id with a slash, or the org_id "{INBOX}", has no folder in the bucket'
        )


@contextmanager
def _told_in_words() -> Iterator[None]:
    """Turns what S3 says into the domain's two answers: refused, or unavailable."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _MISSING:
            raise SourceRefusedError(
                "the source object does not exist; upload it, then retry"
            ) from None
        if code in _FORBIDDEN:
            raise SourceRefusedError("this service may not read the source object") from None
        raise SourceUnavailableError(f"the source object could not be read: {code}") from None
    except BotoCoreError as error:
        kind = type(error).__name__
        raise SourceUnavailableError(f"the source object could not be read: {kind}") from None


def _refuse_if_too_large(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise SourceRefusedError(f"the source object has {size} bytes; the limit is {max_bytes}")
