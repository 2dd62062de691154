"""Dead letters: the queue gave up on a message. Never in silence, never against a job that has moved on."""

from __future__ import annotations

from extraction_jobs import reasons
from extraction_jobs.database import Database
from extraction_jobs.model import JobId, Revision
from extraction_jobs.queries import LIFECYCLE


def give_up_on_message(job_id: JobId, revision: Revision, *, database: Database) -> bool:
    """Fails the job if it is still pending at the revision that the message was sent for; True if it did.

    A job that is running is the sweep's affair; one that was retried has had a newer message since.

    Raises:
        DatabaseUnavailableError: keep the dead letter.
    """
    row = database.row(
        LIFECYCLE["give_up_on_message"],
        {"job_id": job_id, "revision": revision, "reason": reasons.GAVE_UP_ON_MESSAGE},
    )
    return row is not None
