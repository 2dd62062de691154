"""Watching a job in the database itself, closely enough to act in the middle of it."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psutil
import psycopg
from psycopg.rows import class_row

from local import processes
from local.processes import StackError
from local.stack import Stack

# The API would be too slow to catch a fast extractor half way.
_POLL_SECONDS = 0.005
_PROGRESS = """
SELECT status, total_items, processed_items,
       (SELECT detail ->> 'worker' FROM kb.extraction_job_events
        WHERE job_id = job.id AND to_status = 'running' ORDER BY id DESC LIMIT 1) AS worker,
       (SELECT count(*) FROM kb.extraction_chunks WHERE job_id = job.id AND attempt = 1) AS first,
       (SELECT count(*) FROM kb.extraction_chunks WHERE job_id = job.id AND attempt = 2) AS second
FROM kb.object_extraction_jobs AS job WHERE id = %s
"""


@dataclass(frozen=True)
class Progress:
    """How far a job has got.

    Attributes:
        status: The job's.
        total_items: Its chunks.
        processed_items: Those that are done.
        worker: Who claimed it last, as host:pid.
        first: Checkpoints that the first attempt made. They go when the job completes.
        second: Those of the second attempt.
    """

    status: str
    total_items: int
    processed_items: int
    worker: str | None
    first: int
    second: int

    @property
    def share(self) -> float:
        """The part that is done, 0 to 1."""
        return self.processed_items / self.total_items if self.total_items else 0.0

    @property
    def ended(self) -> bool:
        """Whether no worker will touch the job any more."""
        return self.status not in {"pending", "running"}


def watch(stack: Stack, job_id: str, *, seconds: float) -> Iterator[Progress]:
    """Give a job's progress every few milliseconds, until the caller has seen enough.

    Raises:
        StackError: The time is over, or there is no such job.
    """
    deadline = time.monotonic() + seconds
    with psycopg.connect(
        stack.database.url, row_factory=class_row(Progress), autocommit=True
    ) as connection:
        while True:
            progress = connection.execute(_PROGRESS, [job_id], prepare=True).fetchone()
            if progress is None or time.monotonic() > deadline:
                raise StackError(f"Job {job_id} did not get there in {seconds:g} s: {progress}")
            yield progress
            time.sleep(_POLL_SECONDS)


def last_before_the_end(stack: Stack, job_id: str, *, seconds: float) -> Progress | None:
    """Watch a job to its end and return how it looked just before, with its checkpoints."""
    last = None
    for progress in watch(stack, job_id, seconds=seconds):
        if progress.ended:
            break
        last = progress
    return last


def kill_worker(stack: Stack, progress: Progress) -> int:
    """SIGKILL the worker that holds the job and wait for its end; return what its pid was.

    Raises:
        StackError: The claim names no process of this stack.
    """
    pid = int((progress.worker or "").rpartition(":")[2] or 0)
    if not processes.is_of_stack(pid, stack.state):
        raise StackError(f"The claim names {progress.worker}, which is no process of this stack.")
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if processes.running(pid) else [], timeout=5)
    return pid
