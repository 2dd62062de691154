"""A worker in a process of its own that kills itself, as by SIGKILL, when it reaches a step for the n-th time.

python -m tests.promises.doomed_worker DATABASE_URL JOB_ID STEP N
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from uuid import UUID

from extraction import OfflineExtractor
from extraction_jobs.database import Database, connect
from extraction_jobs.extracting import Step
from extraction_jobs.model import JobId
from extraction_jobs.settings import Settings
from extraction_jobs.work import Worker
from tests.conftest import MemoryQueue
from tests.promises.conftest import NoSources


def killer(fatal: Step, count: int) -> Callable[[Step], None]:
    """An observer of steps that ends the process without a word."""
    reached = 0

    def observe(step: Step) -> None:
        nonlocal reached
        reached += step is fatal
        if reached == count:
            os.kill(os.getpid(), signal.SIGKILL)

    return observe


def main() -> None:
    """See the module."""
    url, job_id, step, count = sys.argv[1:]

    def open_database() -> Database:
        return Database(lambda: connect(url, application_name="doomed", behind_proxy=False))

    Worker(
        name=f"doomed:{os.getpid()}",
        database=open_database(),
        open_heartbeat_database=open_database,
        queue=MemoryQueue(),
        sources=NoSources(),
        extractor=OfflineExtractor(),
        settings=Settings(),
        on_step=killer(Step(step), int(count)),
    ).work(JobId(UUID(job_id)))


if __name__ == "__main__":
    main()
