"""The message of a dispatch: which job, and which revision of it. Nothing of the job itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from extraction_jobs.model import JobId, Revision


class MalformedMessageError(ValueError):
    """A message that this product did not write. Its body stays out of the error."""


@dataclass(frozen=True, slots=True)
class JobMessage:
    """`revision` is None in a message written by hand: enough to nudge a job, not to end one."""

    job_id: JobId
    revision: Revision | None

    def to_body(self) -> str:
        """The message as JSON."""
        return json.dumps({"job_id": str(self.job_id), "revision": self.revision})

    @classmethod
    def from_body(cls, body: str) -> JobMessage:
        """The message from JSON.

        Raises:
            MalformedMessageError: not a JSON object with a job_id that is a UUID and, if any, an integer revision.
        """
        try:
            fields = json.loads(body)
        except (ValueError, RecursionError):
            raise MalformedMessageError("the message is not JSON") from None
        if not isinstance(fields, dict):
            raise MalformedMessageError("the message is not a JSON object")
        job_id, revision = fields.get("job_id"), fields.get("revision")
        if not isinstance(job_id, str):
            raise MalformedMessageError("the message has no job_id")
        if revision is not None and (
            not isinstance(revision, int) or isinstance(revision, bool) or abs(revision) >= 2**63
        ):
            raise MalformedMessageError("the message's revision is not an integer")
        try:
            return cls(JobId(UUID(job_id)), None if revision is None else Revision(revision))
        except ValueError:
            raise MalformedMessageError("the message's job_id is not a UUID") from None


def work_through(event: Mapping[str, Any], work: Callable[[str], None]) -> dict[str, Any]:
    """Calls `work` with the body of each record of an SQS event, one after the other.

    Answers with the records for which it raised: these come back, the others are done with. An exception would bring
    all of them back, so `work` says by itself what went wrong.
    """
    failed = []
    for record in event["Records"]:
        try:
            work(record["body"])
        except Exception:  # noqa: BLE001
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
