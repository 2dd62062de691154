"""Every fault that a database can have, one after the other, under workers and sweeps that are busy.

A server of its own, since it is stopped, killed and filled up; a gate in front of it. What must wait for minutes
(a message that is taken for lost) is brought forward in the table instead of being waited for.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from extraction_jobs.create import NewJob, create_job
from extraction_jobs.database import Database, DatabaseUnavailableError, connect
from extraction_jobs.migrate import migrate
from extraction_jobs.model import JobId
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Sweeper, SweepFailedError
from extraction_jobs.work import RedeliverError, Worker
from local.postgres import EmbeddedPostgres
from tests.conftest import TENANT, MemoryQueue
from tests.integration.gate import Gate
from tests.line_extractor import LineExtractor
from tests.promises import invariants
from tests.promises.no_sources import NoSources
from tests.waiting import until

WORKERS = 3
SETTINGS = Settings(
    orphan_threshold_minutes=0.025,
    heartbeat_seconds=0.3,
    retry_backoff_seconds=0,
    recovery_rate_per_second=1_000,
    max_attempts=20,
)
# Of six chunks, and of one, which is two statements.
_DOCUMENTS = ("".join(f"Line{n}: {n}\n" for n in range(6)), "Line0: 0\n")
_BRING_FORWARD = """
UPDATE kb.object_extraction_jobs SET next_dispatch_at = next_dispatch_at - interval '20 seconds'
WHERE status = 'pending'"""


class Storm:
    """A server, its gate, workers and a sweeper. `faults` counts what was done to them."""

    FAULTS = (
        "a restart",
        "a crash",
        "killed backends",
        "half-open connections",
        "cut connections",
        "a lost reply",
        "no connection left",
        "read-only",
    )

    def __init__(self, folder: Path) -> None:
        self._postgres = EmbeddedPostgres(folder / "postgres", durable=True)
        address = self._postgres.start()
        self.url, self._port = address.url, address.port
        with psycopg.connect(self.url, autocommit=True) as admin:
            admin.execute("ALTER SYSTEM SET max_connections = 16")
            admin.execute("ALTER SYSTEM SET fsync = off")  # the machine is not what fails here
        self._restart("fast")
        with connect(self.url, application_name="migrate", behind_proxy=False) as fresh:
            migrate(fresh)
        self._gate = Gate(self.url)
        self._queue = MemoryQueue()
        self._returned: list[JobId] = []
        self._delivery = threading.Lock()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self.faults: Counter[str] = Counter()
        self._chance = random.Random(12)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._gate.open()
        for thread in self._threads:
            thread.join(30)
        self._gate.shut()
        self._postgres.stop()

    def rage(self, *, jobs: int, rounds: int) -> None:
        """Creates the jobs, has them worked on, and does each fault `rounds` times, in any order."""
        made = 0
        creating = self._database(self._gate.url)
        for number in range(WORKERS):
            self._start(f"worker {number}", self._work)
        self._start("sweeper", self._sweep)
        for _ in range(rounds):
            for fault in self._chance.sample(self.FAULTS, len(self.FAULTS)):
                share = -(-jobs // (rounds * len(self.FAULTS)))
                for _ in range(min(share, jobs - made)):
                    self._create(creating, made)
                    made += 1
                self._do(fault)
                self.faults[fault] += 1
        creating.close()

    def calm_down(self) -> None:
        """No more faults: waits until all jobs have ended.

        Raises:
            TimeoutError: some have not.
        """

        def all_ended() -> bool:
            with psycopg.connect(self.url, autocommit=True) as connection:
                return invariants.unfinished(connection) == 0

        until(all_ended, seconds=100, what="the end of every job", every=0.2)

    def _create(self, database: Database, number: int) -> None:
        """As a client of the API does: asks again, under the same key, until it has an answer."""
        new = NewJob(
            TENANT,
            "document",
            source_text=_DOCUMENTS[number % 2],
            max_attempts=20,
            idempotency_key=f"job {number}",
        )

        def created() -> bool:
            with suppress(DatabaseUnavailableError):
                create_job(new, database=database, queue=self._queue, settings=SETTINGS)
                return True
            return False

        until(created, seconds=60)

    def _do(self, fault: str) -> None:
        match fault:
            case "a restart":
                self._restart("fast")
            case "a crash":
                self._restart("immediate")
            case "killed backends":
                self._admin(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name IN ('worker', 'sweeper')"
                )
            case "half-open connections":
                self._gate.stall()
                time.sleep(0.5)
                self._gate.open()
            case "cut connections":
                self._gate.cut()
            case "a lost reply":
                lost = self._gate.lost
                self._gate.swallow_the_next_reply()
                until(lambda: self._gate.lost > lost, seconds=60)
            case "no connection left":
                self._fill_up()
            case "read-only":
                self._set_read_only("on")
                time.sleep(0.3)
                self._set_read_only("off")
            case _:
                raise AssertionError(fault)

    def _restart(self, mode: str) -> None:
        self._postgres.stop(mode)
        self._postgres.start(self._port)

    def _fill_up(self) -> None:
        """Takes every connection that is to be had and has the workers' cut, so that they need new ones."""
        taken = []
        with suppress(psycopg.OperationalError):
            while True:
                taken.append(psycopg.connect(self.url))
        self._gate.cut()
        with suppress(psycopg.OperationalError):
            while True:
                taken.append(psycopg.connect(self.url))
        time.sleep(0.3)
        for connection in taken:
            connection.close()

    def _set_read_only(self, value: str) -> None:
        self._admin(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        self._admin("SELECT pg_reload_conf()")

    def _admin(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as admin:
            admin.execute(statement.encode())

    def _start(self, name: str, loop: Callable[[], None]) -> None:
        thread = threading.Thread(target=loop, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _database(self, url: str, name: str = "storm") -> Database:
        return Database(
            lambda: connect(url, application_name=name, behind_proxy=False, reply_seconds=2)
        )

    def _work(self) -> None:
        """Takes messages and works on them; one that could not be worked on comes back."""
        worker = Worker(
            name=threading.current_thread().name,
            database=self._database(self._gate.url, "worker"),
            open_heartbeat_database=lambda: self._database(self._gate.url, "worker"),
            queue=self._queue,
            sources=NoSources(),
            extractor=LineExtractor(before_chunk=lambda _: time.sleep(0.005)),
            settings=SETTINGS,
        )
        while not self._over.is_set():
            job_id = self._next_message()
            if job_id is None:
                self._over.wait(0.02)
                continue
            try:
                worker.work(job_id)
            except (DatabaseUnavailableError, RedeliverError):
                with self._delivery:
                    self._returned.append(job_id)
        worker.database.close()

    def _next_message(self) -> JobId | None:
        with self._delivery:
            if self._queue.sent:
                return self._queue.sent.pop(0).job_id
            return self._returned.pop(0) if self._returned else None

    def _sweep(self) -> None:
        database = self._database(self._gate.url, "sweeper")
        while not self._over.wait(0.3):
            with suppress(SweepFailedError):
                Sweeper(database, self._queue, SETTINGS).sweep(wait_seconds=1.2)
            with suppress(DatabaseUnavailableError, psycopg.Error):
                database.rows(_BRING_FORWARD.encode())
        database.close()
