"""Dead letters: the queue gave up on a message. Never in silence, never against a job that has moved on."""

from __future__ import annotations

from extraction_jobs import reasons
from extraction_jobs.database import Database
from extraction_jobs.model import JobId, JobStatus, Revision
from extraction_jobs.queries import LIFECYCLE

# A message dies when no worker could take it up: the database was away for hours, or the worker is broken. The first
# passes, and then honest jobs must not have been failed by it; the second does not, and is told by messages that die
# one after the other.
ENOUGH_DEAD_LETTERS = 3


def give_up_on_message(
    job_id: JobId, revision: Revision, *, database: Database
) -> JobStatus | None:
    """Has the job sent again, or fails it, if it is still pending at the revision that the message was sent for.

    A job that is running is the sweep's affair; one that was retried has had a newer message since.

    Returns:
        pending (it will be sent again), failed, or None: the job has moved on and nothing was done.

    Raises:
        DatabaseUnavailableError: keep the dead letter.
    """
    row = database.row(
        LIFECYCLE["give_up_on_message"],
        {
            "job_id": job_id,
            "revision": revision,
            "enough": ENOUGH_DEAD_LETTERS,
            "sent_again": reasons.MESSAGE_SENT_AGAIN,
            "gave_up": reasons.GAVE_UP_ON_MESSAGE,
        },
    )
    return None if row is None else JobStatus(row["status"])
