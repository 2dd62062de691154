"""Procrastinate, as its documentation recommends: an App over PsycopgConnector, a periodic task that retries stalled
jobs (https://procrastinate.readthedocs.io, "Retry stalled jobs").
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time

import procrastinate

from benchmarks.peers.answering import Answer, Program, answer_until_closed, say

QUEUE = "benchmark"
BATCH = 1000


class ProcrastinateProgram(Program):
    """See Program."""

    def __init__(self, url: str) -> None:
        self.app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(
                conninfo=url, kwargs={"application_name": "peer"}
            )
        )
        self.left = 0
        self.all_done = asyncio.Event()
        self.empty = self.app.task(name="empty", queue=QUEUE)(self._empty)

    async def _empty(self) -> None:
        self.left -= 1
        if not self.left:
            self.all_done.set()

    async def install(self) -> Answer:
        """Its tables."""
        await self.app.schema_manager.apply_schema_async()
        return {}

    async def create(self, count: int) -> Answer:
        """One job a call."""
        started = time.perf_counter()
        for _ in range(count):
            await self.empty.defer_async()
        return {"seconds": time.perf_counter() - started}

    async def create_bulk(self, count: int) -> Answer:
        """Its way for many, a thousand a call."""
        started = time.perf_counter()
        for first in range(0, count, BATCH):
            await self.empty.batch_defer_async(*[{}] * min(BATCH, count - first))
        return {"seconds": time.perf_counter() - started}

    async def recover(self) -> Answer:
        """The documentation's recipe: what stalled is asked for, then each job is retried."""
        started = time.perf_counter()
        stalled = list(await self.app.job_manager.get_stalled_jobs())
        for job in stalled:
            await self.app.job_manager.retry_job(job)
        return {"seconds": time.perf_counter() - started, "recovered": len(stalled)}

    async def work(self, count: int, way: str) -> Answer:
        """Empties the queue with ten at a time."""
        assert way == "default"
        self.left = count
        started = time.perf_counter()
        await self.app.run_worker_async(
            queues=[QUEUE], concurrency=10, wait=False, install_signal_handlers=False
        )
        assert self.left == 0
        return {"seconds": time.perf_counter() - started}

    async def hang(self) -> Answer:
        """Works on a job for ever, says when it started, and looks for stalled jobs every second."""
        app = self.app

        async def hang() -> None:
            say({"claimed_at": time.monotonic()})
            await asyncio.sleep(3600)

        async def retry_stalled(timestamp: int) -> None:  # noqa: ARG001
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=1):
                await app.job_manager.retry_job(job)

        app.task(name="hang", queue=QUEUE)(hang)
        recovering = app.task(name="retry_stalled", queue="recovery", queueing_lock="retry_stalled")
        app.periodic(cron="* * * * * */1")(recovering(retry_stalled))
        await app.run_worker_async(
            concurrency=2,
            update_heartbeat_interval=0.5,
            stalled_worker_timeout=1,
            fetch_job_polling_interval=0.5,
            install_signal_handlers=False,
        )
        return {}

    async def enqueue_hang(self) -> Answer:
        """The one job of `hang`."""
        await self.app.configure_task("hang", queue=QUEUE, allow_unknown=True).defer_async()
        return {}


async def main(url: str) -> None:
    """Answers."""
    logging.disable(logging.CRITICAL)
    program = ProcrastinateProgram(url)
    async with program.app.open_async():
        await answer_until_closed(program)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
