"""What the API tells operators of the queues."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from deferred import BaseModel


class QueueOut(BaseModel):
    """Approximate SQS counts for all organisations, a few seconds old."""

    model_config = ConfigDict(from_attributes=True)

    waiting: int
    delayed: int = Field(description="To be delivered later, after a backoff.")
    in_flight: int = Field(description="Received by a worker, or by one that died.")


class QueuesOut(BaseModel):
    """The queues; null where one does not answer, or there is none."""

    jobs: QueueOut | None
    dead_letters: QueueOut | None = Field(description="Messages that SQS gave up on.")
    failed_sweeps: QueueOut | None = Field(
        description="Sweeps, and files of the inbox, that failed or could not be started."
    )
