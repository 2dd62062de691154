"""A rough run against a real Postgres: workers that fail, hand over, hang and die; sweeps; people; dead letters.

What happens is left to chance and to the machine. Nothing is asserted here: whatever came of it is recorded, and
each step must be one that the model allows.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from extraction import PermanentError, RetryableError
from extraction_jobs.attempt import LeaseLostError
from extraction_jobs.by_hand import JobNotFoundError, NotAllowedError, cancel_job, retry_job
from extraction_jobs.create import NewJob, create_job
from extraction_jobs.database import Database, connect
from extraction_jobs.dead_letter import give_up_on_message
from extraction_jobs.extracting import Step
from extraction_jobs.model import JobId
from extraction_jobs.review import approve_job, reject_job
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Sweeper
from extraction_jobs.work import RedeliverError, Worker
from tests.conftest import TENANT, MemoryQueue
from tests.line_extractor import LineExtractor
from tests.promises.no_sources import NoSources

from .recording import RecordingDatabase

# Short enough that a few seconds see every clock run out; a machine too slow for them sees more orphans, no others.
SETTINGS = Settings(
    orphan_threshold_minutes=0.02,
    heartbeat_seconds=0.3,
    job_timeout_minutes=0.05,
    retry_backoff_seconds=0.05,
    retry_backoff_max_seconds=0.2,
    recovery_rate_per_second=1_000,
    hand_over_margin_seconds=1,
    sweep_batch_size=3,
)
DOCUMENT = "".join(f"Line{number}: {number}\n" for number in range(4))

# What people type into psql.
TYPED = (
    b"UPDATE kb.object_extraction_jobs SET status = 'pending' WHERE id = %(id)s",
    (
        b"UPDATE kb.object_extraction_jobs SET status = 'running', updated_at = now() - interval '10 minutes'"
        b" WHERE id = %(id)s AND status <> 'running'"
    ),
    # Its worker lives, and will be taken for dead.
    (
        b"UPDATE kb.object_extraction_jobs SET updated_at = now() - interval '10 minutes'"
        b" WHERE id = %(id)s AND status = 'running'"
    ),
    b"UPDATE kb.object_extraction_jobs SET max_attempts = 1 WHERE id = %(id)s",
    (
        b"UPDATE kb.object_extraction_jobs SET next_dispatch_at = now()"
        b" WHERE status = 'pending' AND id <> %(id)s"
    ),
)


class DeadError(BaseException):
    """The worker is gone without a word, as by SIGKILL: nothing that it is made of catches this, or writes."""


def recorded(url: str, who: str) -> RecordingDatabase:
    """A recorded connection of `who`'s own."""
    return RecordingDatabase(lambda: connect(url, application_name=who, behind_proxy=False), who)


def clumsy(chance: random.Random, *, hang_seconds: float) -> LineExtractor:
    """An extractor that fails now and then, in each of the ways there are, or hangs past the threshold."""

    def before_chunk(_: int) -> None:
        threading.Event().wait(0.02)
        match chance.randrange(24):
            case 0 | 1:
                raise RetryableError("The model is overloaded.")
            case 2:
                raise PermanentError("This chunk cannot be read.")
            case 3:
                raise KeyError
            case 4:
                threading.Event().wait(hang_seconds)
            case _:
                pass

    return LineExtractor(before_chunk=before_chunk)


def new_worker(
    url: str, who: str, queue: MemoryQueue, chance: random.Random, on_step: Callable[[Step], None]
) -> Worker:
    """A worker all of whose statements are recorded."""
    return Worker(
        name=who,
        database=recorded(url, who),
        open_heartbeat_database=lambda: recorded(url, who),
        queue=queue,
        sources=NoSources(),
        extractor=clumsy(chance, hang_seconds=0.4),
        settings=SETTINGS,
        on_step=on_step,
        random=chance.random,
    )


@dataclass
class RoughRun:
    """See the module.

    Attributes:
        jobs, workers, sweepers: how many of each.
        changes: by people and in psql, all in all.
    """

    url: str
    seed: int
    jobs: int = 10
    workers: int = 3
    sweepers: int = 2
    changes: int = 30
    longest_seconds: float = 10.0
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until every job has ended, or for `longest_seconds`."""
        database = recorded(self.url, "api")
        ids = [
            create_job(
                NewJob(TENANT, "document", source_text=DOCUMENT),
                database=database,
                queue=self.queue,
                settings=SETTINGS,
            ).job.id
            for _ in range(self.jobs)
        ]
        actors: list[Callable[[], None]] = [
            *(lambda n=n: self._work(f"worker {n}", ids) for n in range(self.workers)),
            *(lambda n=n: self._sweep(f"sweeper {n}") for n in range(self.sweepers)),
            lambda: self._people(ids),
        ]
        threads = [threading.Thread(target=actor) for actor in actors]
        for thread in threads:
            thread.start()
        people = threads[-1]
        ends = time.monotonic() + self.longest_seconds
        while time.monotonic() < ends and (people.is_alive() or self._unfinished(database)):
            self._stop.wait(0.1)
        self._stop.set()
        for thread in threads:
            thread.join()
        database.close()

    def _unfinished(self, database: Database) -> bool:
        found = database.row(
            b"SELECT count(*) AS n FROM kb.object_extraction_jobs WHERE status IN ('pending', 'running')"
        )
        return bool(found and found["n"])

    def _turns(self, who: str, pause: float) -> Iterator[random.Random]:
        chance = random.Random(f"{self.seed} {who}")
        while not self._stop.wait(pause * chance.random()):
            yield chance

    def _work(self, who: str, ids: list[JobId]) -> None:
        """Takes messages that may be out of date, doubled or of nobody's making, in any order."""
        chance = random.Random(f"{self.seed} {who}'s luck")

        def die_now_and_then(_: Step) -> None:
            if chance.random() < 0.02:
                raise DeadError

        worker = new_worker(self.url, who, self.queue, chance, die_now_and_then)
        for turn in self._turns(who, 0.05):
            # A slice of a few chunks, or of a whole document.
            left = iter([900.0] * turn.choice([2, 3, 5, 50]))
            with contextlib.suppress(RedeliverError, DeadError):
                worker.work(turn.choice(ids), lambda left=left: next(left, 0.9))  # type: ignore[misc]
        worker.database.close()

    def _sweep(self, who: str) -> None:
        sweeper = Sweeper(recorded(self.url, who), self.queue, SETTINGS)
        for turn in self._turns(who, 0.15):
            self.queue.refuse = (lambda _: True) if turn.random() < 0.2 else (lambda _: False)
            with contextlib.suppress(Exception):
                sweeper.sweep(wait_seconds=turn.choice([0.0, 0.0, 0.0, 1.2]))
        sweeper.database.close()

    def _people(self, ids: list[JobId]) -> None:
        database, typed = (
            recorded(self.url, "a person"),
            Database(lambda: connect(self.url, application_name="psql", behind_proxy=False)),
        )
        for count, turn in enumerate(self._turns("people", 0.1)):
            if count == self.changes:
                break
            with contextlib.suppress(NotAllowedError, JobNotFoundError, LeaseLostError):
                running = typed.rows(
                    b"SELECT id FROM kb.object_extraction_jobs WHERE status = 'running'"
                )
                picked = [JobId(row["id"]) for row in running] if turn.random() < 0.7 else ids
                self._change(turn, turn.choice(picked or ids), database, typed)
        database.close()
        typed.close()

    def _change(
        self, turn: random.Random, job_id: JobId, database: Database, typed: Database
    ) -> None:
        if turn.random() < 0.5:
            typed.rows(turn.choice(TYPED), {"id": job_id})
            return
        match turn.randrange(6):
            case 0 | 1:
                retry_job(
                    job_id, TENANT, "me", database=database, queue=self.queue, settings=SETTINGS
                )
            case 2:
                cancel_job(job_id, TENANT, "me", database=database)
            case 3:
                approve_job(job_id, TENANT, "me", None, database=database)
            case 4:
                reject_job(job_id, TENANT, "me", None, database=database)
            case _:
                for message in [sent for sent in self.queue.sent if sent.job_id == job_id][-2:]:
                    give_up_on_message(job_id, message.revision, database=database)
