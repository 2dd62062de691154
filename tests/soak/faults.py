"""What is done to the stack: workers killed and stalled, Postgres restarted and crashed, messages lost and doubled."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from extraction_aws.message import JobMessage
from extraction_jobs.model import JobId, Revision
from local import processes
from local.postgres import EmbeddedPostgres
from local.stack import Stack
from tests.soak.again import again_and_again

# Longer than the threshold: the job is another's by the time the worker wakes up.
STALL_SECONDS = 9.0
LATE_SECONDS = 4

_RUNNING = """
SELECT job.id AS job_id, now() AS at, (
  SELECT detail ->> 'worker' FROM kb.extraction_job_events
  WHERE job_id = job.id AND to_status = 'running' ORDER BY id DESC LIMIT 1) AS worker
FROM kb.object_extraction_jobs AS job WHERE status = 'running' ORDER BY random() LIMIT 1"""
_ANY_JOBS = b"SELECT id, revision FROM kb.object_extraction_jobs ORDER BY random() LIMIT 5"


@dataclass(frozen=True)
class Hold:
    """A worker's hold on a job, at a moment of the database's clock."""

    job_id: UUID
    at: datetime
    worker: str | None


class Faults:
    """Does one after the other. `counts` says how often which, `killed` and `stalled` whose jobs these were."""

    KINDS = (
        ("a worker was killed", 8),
        ("a worker was stalled", 3),
        ("Postgres was restarted", 1),
        ("Postgres crashed", 1),
        ("all backends were killed", 2),
        ("the queue was purged", 1),
        ("messages were sent again, for this revision and others", 3),
        ("a message was no message", 1),
        ("messages were late", 1),
    )

    def __init__(self, stack: Stack, postgres: EmbeddedPostgres, chance: random.Random) -> None:
        self._stack, self._postgres, self._chance = stack, postgres, chance
        self._sqs = stack.emulator.client("sqs")
        self._queue = stack.outputs["JobsQueueUrl"]
        self._stopped: set[int] = set()
        self.counts: Counter[str] = Counter()
        self.killed: list[Hold] = []
        self.stalled: list[Hold] = []

    def start(self, over: threading.Event, *, every_seconds: float) -> threading.Thread:
        """Goes on until it is over."""
        return again_and_again("faults", self._once, over, every_seconds=every_seconds)

    def end(self) -> None:
        """Nothing stays stalled, stopped or late."""
        for pid in list(self._stopped):
            self._wake(pid)
        self._postgres.start(self._stack.database.port)
        self._delay(0)

    def _once(self) -> None:
        kinds, weights = zip(*self.KINDS, strict=True)
        [kind] = self._chance.choices(kinds, weights)
        if self._do(kind):
            self.counts[kind] += 1

    def _do(self, kind: str) -> bool:
        match kind:
            case "a worker was killed":
                return self._signal_a_worker(signal.SIGKILL, self.killed)
            case "a worker was stalled":
                return self._signal_a_worker(signal.SIGSTOP, self.stalled)
            case "Postgres was restarted" | "Postgres crashed":
                self._postgres.stop("fast" if "restarted" in kind else "immediate")
                self._postgres.start(self._stack.database.port)
            case "all backends were killed":
                with psycopg.connect(self._stack.database.url, autocommit=True) as admin:
                    admin.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
            case "the queue was purged":
                self._sqs.purge_queue(QueueUrl=self._queue)
            case "messages were sent again, for this revision and others":
                self._send_again()
            case "a message was no message":
                self._sqs.send_message(QueueUrl=self._queue, MessageBody="this is not a job")
            case _:
                self._delay(LATE_SECONDS)
                threading.Timer(STALL_SECONDS, self._delay, [0]).start()
        return True

    def _signal_a_worker(self, number: signal.Signals, whose: list[Hold]) -> bool:
        """Only a process of this stack's own, as its mark says; whether there was one."""
        with psycopg.connect(
            self._stack.database.url, autocommit=True, row_factory=class_row(Hold)
        ) as connection:
            hold = connection.execute(_RUNNING.encode()).fetchone()
        pid = int((hold.worker or "").rpartition(":")[2] or 0) if hold else 0
        if hold is None or not processes.is_of_stack(pid, self._stack.state):
            return False
        os.kill(pid, number)
        if number is signal.SIGSTOP:
            self._stopped.add(pid)
            threading.Timer(STALL_SECONDS, self._wake, [pid]).start()
        whose.append(hold)
        return True

    def _wake(self, pid: int) -> None:
        self._stopped.discard(pid)
        if processes.is_of_stack(pid, self._stack.state):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def _send_again(self) -> None:
        with psycopg.connect(self._stack.database.url, autocommit=True) as connection:
            jobs = connection.execute(_ANY_JOBS).fetchall()
        for job_id, revision in jobs:
            other = Revision(max(0, revision - self._chance.choice([0, 0, 1, 2])))
            body = JobMessage(JobId(job_id), other).to_body()
            self._sqs.send_message(QueueUrl=self._queue, MessageBody=body)

    def _delay(self, seconds: int) -> None:
        with suppress(Exception):  # the emulator may be gone by then
            self._sqs.set_queue_attributes(
                QueueUrl=self._queue, Attributes={"DelaySeconds": str(seconds)}
            )
