"""Waiting for jobs to end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from extraction_jobs_client.errors import DeadlineError
from extraction_jobs_client.messages import ENDED, Job


def until_ended(
    look: Callable[[str], Job],
    job_ids: Sequence[str],
    deadline_seconds: float | None,
    interval_seconds: float,
    sleep: Callable[[float], None],
) -> list[Job]:
    """Looks at the jobs until all have ended, and returns them in the same order.

    Raises:
        DeadlineError: some had not ended when the deadline passed.
    """
    started, ended = time.monotonic(), dict[str, Job]()
    while True:
        for job_id in set(job_ids) - ended.keys():
            job = look(job_id)
            if job["status"] in ENDED:
                ended[job_id] = job
        left = [each for each in job_ids if each not in ended]
        if not left:
            return [ended[each] for each in job_ids]
        pause = interval_seconds
        if deadline_seconds is not None:
            remaining = deadline_seconds - (time.monotonic() - started)
            if remaining <= 0:
                raise DeadlineError(left)
            pause = min(pause, remaining)
        sleep(pause)
