"""What needs AWS credentials beside the token, all of it optional: a source in S3, invoking the sweeper."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

_CONNECT_SECONDS = 5
# Such as for the deletion of what a check has written, though its time is over.
_LEAST_SECONDS = 5.0
# The credentials' fault, not the deployment's.
_DENIED = {"AccessDenied", "AccessDeniedException", "403", "ExpiredToken", "InvalidClientTokenId"}


class AwsRefusedError(Exception):
    """These credentials may not do it, or there are none. The message says which."""


class AwsFailedError(Exception):
    """AWS could not do it; the message says what it answered."""


class Aws(Protocol):
    """What the checks ask of AWS, within so many seconds. Each raises AwsRefusedError or AwsFailedError."""

    def put(self, bucket: str, key: str, content: bytes, seconds: float) -> None:
        """Writes an object."""
        ...

    def delete(self, bucket: str, key: str, seconds: float) -> None:
        """Deletes an object."""
        ...

    def invoke(self, function: str, event: Mapping[str, object], seconds: float) -> Any:
        """What a function answers, parsed."""
        ...


class Boto3:
    """By boto3, with the shell's own credentials; AWS_ENDPOINT_URL may name an emulator."""

    def put(self, bucket: str, key: str, content: bytes, seconds: float) -> None:
        """See Aws."""
        with _in_words("upload to S3"):
            _client("s3", seconds).put_object(Bucket=bucket, Key=key, Body=content)

    def delete(self, bucket: str, key: str, seconds: float) -> None:
        """See Aws."""
        with _in_words("delete from S3"):
            _client("s3", seconds).delete_object(Bucket=bucket, Key=key)

    def invoke(self, function: str, event: Mapping[str, object], seconds: float) -> Any:
        """See Aws."""
        with _in_words(f"invoke {function}"):
            answer = _client("lambda", seconds).invoke(
                FunctionName=function, Payload=json.dumps(event).encode()
            )
            content = answer["Payload"].read()
        if "FunctionError" in answer:
            raise AwsFailedError(f"{function} ended with an error: {answer['FunctionError']}")
        try:
            return json.loads(content)
        except ValueError:
            raise AwsFailedError(f"{function} did not answer with JSON") from None


def _client(service: str, seconds: float) -> Any:
    # Only who gives a bucket or a function pays for the import.
    import boto3
    from botocore.config import Config

    config = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=max(seconds, _LEAST_SECONDS),
    )
    # boto3 itself looks at AWS_DEFAULT_REGION only.
    region = os.environ.get("AWS_REGION") or None
    return boto3.Session(region_name=region).client(service, config=config)  # type: ignore[call-overload]


@contextmanager
def _in_words(what: str) -> Iterator[None]:
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        NoRegionError,
        ProfileNotFound,
    )

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        if code in _DENIED:
            raise AwsRefusedError(f"these AWS credentials may not {what} ({code})") from None
        raise AwsFailedError(f"AWS could not {what}: {code}") from None
    except (NoCredentialsError, NoRegionError, ProfileNotFound) as error:
        raise AwsRefusedError(f"no AWS credentials or no region to {what}: {error}") from None
    except BotoCoreError as error:
        raise AwsFailedError(f"AWS could not {what}: {type(error).__name__}") from None
