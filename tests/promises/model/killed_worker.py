"""A worker in a process of its own that takes jobs until it kills itself, as by SIGKILL, at a step that chance picks.

python -m tests.promises.model.killed_worker DATABASE_URL NAME SEED JOB_ID ...
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
from uuid import UUID

from extraction_jobs.extracting import Step
from extraction_jobs.model import JobId
from extraction_jobs.work import RedeliverError
from tests.conftest import MemoryQueue

from .rough_run import new_worker


def main() -> None:
    """See the module."""
    url, who, seed, *ids = sys.argv[1:]
    chance = random.Random(int(seed))
    fatal = chance.randrange(1, 8)
    reached = 0

    def observe(_: Step) -> None:
        nonlocal reached
        reached += 1
        if reached == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    worker = new_worker(url, who, MemoryQueue(), chance, observe)
    for _ in range(200):
        with contextlib.suppress(RedeliverError):
            worker.work(JobId(UUID(chance.choice(ids))))


if __name__ == "__main__":
    main()
