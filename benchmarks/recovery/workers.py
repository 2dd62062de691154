"""Workers, each a process of its own, that come to a boundary of their job, stay there with their heart beating, and
wait for their death.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from uuid import UUID

from benchmarks.contestants.product import RefusingQueue
from extraction import ChunkResult, Control, Document, ObjectType, OfflineExtractor, Options, Run
from extraction_jobs.database import Database, connect
from extraction_jobs.extracting import Step
from extraction_jobs.model import JobId
from extraction_jobs.settings import Settings
from extraction_jobs.work import Worker
from tests.promises.no_sources import NoSources

IN_CHUNK = "in_chunk"
# What a worker is waited for. Far beyond anything that is measured here.
PATIENCE_SECONDS = 60.0

_processes = multiprocessing.get_context("forkserver")
# Imported once, by the process that all workers are forked from.
_processes.set_forkserver_preload([__name__])


class StandbyWorker:
    """A worker's process that is ready for a message, as a warm Lambda is."""

    def __init__(self, url: str, settings: Settings) -> None:
        self._pipe, theirs = _processes.Pipe()
        self._process = _processes.Process(target=_serve, args=(url, settings, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def work(self, job_id: UUID, boundary: str) -> tuple[bool, float]:
        """Has it work until the boundary; whether it got there, and when it had claimed the job (monotonic seconds).

        It does not get there if the job is taken from it on the way: this machine kept it from its heartbeat.

        Raises:
            RuntimeError: it is not heard of.
        """
        self._receive()  # ready
        self._pipe.send((job_id, boundary))
        reached, claimed_at = self._receive()
        return reached == boundary, claimed_at

    def kill(self) -> float:
        """Ends it by SIGKILL; when (monotonic seconds)."""
        if self._process.pid is None:
            raise RuntimeError("a worker that was never started cannot be killed")
        killed_at = time.monotonic()
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.join()
        return killed_at

    def _receive(self) -> tuple[str | None, float]:
        if not self._pipe.poll(PATIENCE_SECONDS):
            raise RuntimeError("a worker is not heard of")
        told: tuple[str | None, float] = self._pipe.recv()
        return told


def _serve(url: str, settings: Settings, pipe: Connection) -> None:
    """Takes one message."""

    def open_database() -> Database:
        return Database(lambda: connect(url, application_name="worker", behind_proxy=False))

    database = open_database()
    database.rows(b"SELECT 1")  # connected, as a warm worker is
    pipe.send((None, 0.0))
    job_id, boundary = pipe.recv()
    claimed_at = 0.0

    def reached(step: str) -> None:
        nonlocal claimed_at
        if step == Step.CLAIMED:
            claimed_at = time.monotonic()
        if step == boundary:
            pipe.send((boundary, claimed_at))
            time.sleep(86_400)

    Worker(
        name=f"benchmark:{os.getpid()}",
        database=database,
        open_heartbeat_database=open_database,
        queue=RefusingQueue(),  # a worker that is killed, or completes its job, sends nothing
        sources=NoSources(),
        extractor=Extractor(reached),
        settings=settings,
        on_step=reached,
    ).work(JobId(job_id))
    pipe.send((None, claimed_at))


class Extractor:
    """The real one, with a boundary in the middle of each chunk: where it asks whether to go on."""

    name, version = OfflineExtractor.name, OfflineExtractor.version

    def __init__(self, reached: Callable[[str], None]) -> None:
        self._reached = reached

    def start(
        self, document: Document, object_types: Sequence[ObjectType], options: Options
    ) -> StoppingRun:
        """As the real one."""
        run = OfflineExtractor().start(document, object_types, options)
        return StoppingRun(run, self._reached)


class StoppingRun:
    """See Extractor."""

    def __init__(self, run: Run, reached: Callable[[str], None]) -> None:
        self.document, self.chunks, self.digest = run.document, run.chunks, run.digest
        self.result = run.result
        self._run = run
        self._reached = reached

    def chunk(self, index: int, *, control: Control) -> ChunkResult:
        """As the real one."""
        asked = 0

        def should_stop() -> bool:
            nonlocal asked
            asked += 1
            if asked == 2:
                self._reached(IN_CHUNK)
            return control.should_stop()

        return self._run.chunk(index, control=replace(control, should_stop=should_stop))
