"""Ten workers over a list of jobs, each a process with a connection of its own: for the bare SQL and the product."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any, Protocol

from benchmarks.contestant import Worked

WORKERS = 10
# Enough that every statement is prepared and has its generic plan. Each worker takes so many more.
WARM_UP = 10


class Claiming(Protocol):
    """What a worker needs of a session."""

    @property
    def statements(self) -> int:
        """How many it has sent."""
        ...

    def claim_and_finish(self, job: Any) -> None:
        """Takes the job and completes it."""
        ...

    def close(self) -> None:
        """Ends it."""
        ...


@dataclass(frozen=True, slots=True)
class Share:
    """What one worker did: between which moments (seconds, one clock for all processes), in how many statements."""

    started: float
    ended: float
    statements: int


def work(open_session: Callable[[str], Claiming], url: str, jobs: Sequence[Any]) -> Worked:
    """Shares the jobs out; what came of those after the warm-up."""
    # Not forked: no worker starts with this process's connections.
    processes = multiprocessing.get_context("spawn")
    barrier, shares = processes.Barrier(WORKERS), processes.Queue()
    workers = [
        processes.Process(
            target=_work, args=(open_session, url, jobs[index::WORKERS], barrier, shares)
        )
        for index in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    done: list[Share] = [shares.get(timeout=300) for _ in workers]
    for worker in workers:
        worker.join()
    elapsed = max(share.ended for share in done) - min(share.started for share in done)
    sent = sum(share.statements for share in done)
    return Worked(elapsed, sent / (len(jobs) - WORKERS * WARM_UP))


def _work(
    open_session: Callable[[str], Claiming],
    url: str,
    jobs: Sequence[Any],
    barrier: Barrier,
    shares: Queue[Share],
) -> None:
    session = open_session(url)
    for job in jobs[:WARM_UP]:
        session.claim_and_finish(job)
    before = session.statements
    barrier.wait(60)
    started = time.monotonic()
    for job in jobs[WARM_UP:]:
        session.claim_and_finish(job)
    shares.put(Share(started, time.monotonic(), session.statements - before))
    session.close()
