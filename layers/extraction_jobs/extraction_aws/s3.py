"""Sources in S3: private objects, read with the function's role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from extraction_aws.clients import client
from extraction_jobs.sources import SourceRefusedError, SourceUnavailableError

_URI = re.compile(r"s3://(?P<bucket>[^/]+)/(?P<key>.+)", re.DOTALL)
_MISSING = {"404", "NoSuchKey", "NotFound", "NoSuchBucket"}
_FORBIDDEN = {"403", "AccessDenied", "AllAccessDisabled", "InvalidObjectState"}


class S3Sources:
    """Reads `s3://bucket/<org_id>/key` from one bucket.

    A key must begin with the organisation's id: the function's role can read the whole bucket, so this is what
    keeps one tenant from naming another's documents.
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

    def _key(self, uri: str, org_id: str) -> str:
        match = _URI.fullmatch(uri)
        if match is None:
            raise SourceRefusedError("must be an address like s3://bucket/org_id/key")
        if not self._bucket:
            raise SourceRefusedError(
                "no source bucket is set up here: set SOURCE_BUCKET, or send source_text or source_base64"
            )
        if match["bucket"] != self._bucket:
            raise SourceRefusedError(f"must be in the bucket {self._bucket}")
        # An organisation "a/b" would share its folder with "a".
        if "/" in org_id or not match["key"].startswith(f"{org_id}/"):
            raise SourceRefusedError(
                "must have a key that begins with the organisation's org_id and a slash"
            )
        if len(match["key"].encode()) > 1024:
            raise SourceRefusedError("must have a key of at most 1024 bytes")
        return match["key"]


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
                "the source object is not there; upload it, then retry"
            ) from None
        if code in _FORBIDDEN:
            raise SourceRefusedError("the source object may not be read by this service") from None
        raise SourceUnavailableError(f"the source object could not be read: {code}") from None
    except BotoCoreError as error:
        kind = type(error).__name__
        raise SourceUnavailableError(f"the source object could not be read: {kind}") from None


def _refuse_if_too_large(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise SourceRefusedError(
            f"the source object has {size} bytes; at most {max_bytes} are taken"
        )
