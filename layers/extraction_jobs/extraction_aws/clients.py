"""AWS clients with time limits: a call that hangs must not hang a job."""

from __future__ import annotations

from functools import cache
from typing import Any

# Connect, read (seconds), tries. A message that cannot be sent is sent by the sweep, so nobody waits long for SQS:
# a caller of the API is behind it. A source is worth more patience.
_PATIENCE = {
    "sqs": (2, 4, 2),
    "events": (2, 4, 2),
    "s3": (3, 20, 3),
    "secretsmanager": (2, 5, 3),
    # Paid for: textract.py tries again itself.
    "textract": (3, 30, 1),
}


@cache
def client(service: str) -> Any:
    """The one client of a service in this process."""
    import boto3
    from botocore.config import Config

    connect, read, tries = _PATIENCE[service]
    return boto3.client(
        service,  # type: ignore[call-overload]
        config=Config(
            connect_timeout=connect,
            read_timeout=read,
            retries={"mode": "standard", "total_max_attempts": tries},
            # What is signed for S3 in advance: buckets with a KMS key refuse the older way, and the address of no
            # region (botocore's own choice for a form) redirects to a young bucket of any region but us-east-1.
            signature_version="s3v4" if service == "s3" else None,
            s3={"addressing_style": "virtual"},
        ),
    )
