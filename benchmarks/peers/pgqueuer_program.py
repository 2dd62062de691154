"""PgQueuer, as its documentation recommends: over asyncpg, an entrypoint, `run`.

It has no sweep: each dequeue also takes jobs whose heartbeat is too old. So its recovery is taking them, as fast as one
worker can: `dequeue` with two thousand at a time, the work itself left out.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
import uuid
from datetime import timedelta

import asyncpg
import uvloop
from pgqueuer import PgQueuer
from pgqueuer.models import Job
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.queries import Queries
from pgqueuer.types import QueueExecutionMode

from benchmarks.peers.answering import Answer, Program, answer_until_closed, say

ENTRYPOINT = "empty"
BATCH = 1000
DEQUEUE_BATCH = 2000
HEARTBEAT_TIMEOUT = timedelta(seconds=30)  # its default


class PgQueuerProgram(Program):
    """See Program."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection: asyncpg.Connection
        self.queries: Queries

    async def connect(self) -> None:
        """Before the first command."""
        self.connection = await self._connection()
        self.queries = Queries.from_asyncpg_connection(self.connection)

    async def _connection(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.url, server_settings={"application_name": "peer"})

    async def install(self) -> Answer:
        """Its tables."""
        await self.queries.install()
        return {}

    async def create(self, count: int) -> Answer:
        """One job a call."""
        started = time.perf_counter()
        for _ in range(count):
            await self.queries.enqueue(ENTRYPOINT, None)
        return {"seconds": time.perf_counter() - started}

    async def create_bulk(self, count: int) -> Answer:
        """Its way for many, a thousand a call."""
        started = time.perf_counter()
        for first in range(0, count, BATCH):
            many = min(BATCH, count - first)
            await self.queries.enqueue([ENTRYPOINT] * many, [None] * many, [0] * many)
        return {"seconds": time.perf_counter() - started}

    async def recover(self) -> Answer:
        """Takes over what is stale until nothing is."""
        worker, recovered = uuid.uuid4(), 0
        started = time.perf_counter()
        while jobs := await self.queries.dequeue(
            batch_size=DEQUEUE_BATCH,
            entrypoints={ENTRYPOINT: EntrypointExecutionParameter(concurrency_limit=0)},
            queue_manager_id=worker,
            global_concurrency_limit=None,
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
        ):
            recovered += len(jobs)
            if len(jobs) < DEQUEUE_BATCH:
                break
        return {"seconds": time.perf_counter() - started, "recovered": recovered}

    async def work(self, count: int, way: str) -> Answer:
        """Empties the queue: batches of ten, its default."""
        assert way == "default"
        left = count
        connection = await self._connection()
        worker = PgQueuer.from_asyncpg_connection(connection)

        async def empty(job: Job) -> None:  # noqa: ARG001
            nonlocal left
            left -= 1

        worker.entrypoint(ENTRYPOINT)(empty)
        started = time.perf_counter()
        await worker.run(batch_size=10, mode=QueueExecutionMode.drain)
        assert left == 0
        return {"seconds": time.perf_counter() - started}

    async def hang(self) -> Answer:
        """Works on a job for ever and says when it started."""
        worker = PgQueuer.from_asyncpg_connection(await self._connection())

        async def hang(job: Job) -> None:  # noqa: ARG001
            say({"claimed_at": time.monotonic()})
            await asyncio.sleep(3600)

        worker.entrypoint(ENTRYPOINT)(hang)
        await worker.run(
            heartbeat_timeout=timedelta(seconds=1), dequeue_timeout=timedelta(seconds=1)
        )
        return {}

    async def enqueue_hang(self) -> Answer:
        """The one job of `hang`."""
        await self.queries.enqueue(ENTRYPOINT, None)
        return {}


async def main(url: str) -> None:
    """Answers."""
    logging.disable(logging.CRITICAL)
    program = PgQueuerProgram(url)
    await program.connect()
    await answer_until_closed(program)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
