"""Kills workers at every boundary of their jobs while a sweeper sweeps at its period, and takes the times."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from benchmarks.contestants.product import TENANT
from benchmarks.recovery.workers import IN_CHUNK, PATIENCE_SECONDS, StandbyWorker
from extraction_jobs.create import NewJob, create_job
from extraction_jobs.database import Database, connect
from extraction_jobs.dispatch import Dispatch
from extraction_jobs.extracting import Step
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Sweeper

DOCUMENT = "\n\n".join(
    f"Invoice number: INV-2024-{number:03}\nInvoice date: 2024-03-{number:02}\nTotal: {number * 10}.50 EUR"
    for number in range(1, 29)
)
# Each of these leaves a running job behind; after the last kill the job has ended.
LEAVING_RUNNING: tuple[str, ...] = (
    Step.CLAIMED,
    Step.READ,
    Step.PLANNED,
    IN_CHUNK,
    Step.CHUNK_EXTRACTED,
    Step.CHECKPOINTED,
    Step.BEFORE_FINISH,
)
AFTER_THE_FINISH = Step.FINISHED


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast everything goes, in seconds."""

    threshold: float
    heartbeat: float
    sweep: float

    @property
    def wait(self) -> float:
        """For so long a sweep waits for what comes due, as the schedule of template.yaml asks for it."""
        return max(0.0, self.sweep - 2)

    @property
    def bound(self) -> float:
        """What a job may take at most to leave `running`."""
        return self.threshold + min(self.sweep, 3.0)

    @property
    def settings(self) -> Settings:
        """The same for the product."""
        return Settings(
            orphan_threshold_minutes=self.threshold / 60,
            heartbeat_seconds=self.heartbeat,
        )


@dataclass(frozen=True, slots=True)
class Kill:
    """One worker's death. Seconds from the SIGKILL until its job had left `running`, and until it ran again."""

    boundary: str
    left_running: float
    running_again: float


@dataclass
class Outcome:
    """What came of it all.

    Attributes:
        kills: that left a running job behind.
        after_the_finish: kills that left an ended one, and it stayed as it was.
        jobs: each was completed once, all with the same objects.
        stalls: how often the machine kept a live worker from its heartbeat for longer than the threshold, so that
            its job was taken from it before it was killed. Not among the kills.
    """

    kills: list[Kill] = field(default_factory=list)
    after_the_finish: int = 0
    jobs: int = 0
    stalls: int = 0


class Lanes:
    """The queue: gives each message to the lane that its job is in, when the sweep sends it."""

    longest_delay = timedelta(minutes=15)

    def __init__(self) -> None:
        self._by_job: dict[UUID, queue.SimpleQueue[tuple[float, float]]] = {}

    def send(self, dispatches: Sequence[Dispatch]) -> Sequence[Dispatch]:
        """See Queue. What is sent has been committed: its job is not running any more."""
        now = time.monotonic()
        for each in dispatches:
            self._of(each.job_id).put((now, each.due_in_seconds))
        return dispatches

    def next_message(self, job_id: UUID) -> tuple[float, float]:
        """When the job's next message was sent, and for how long it is to be held back."""
        return self._of(job_id).get(timeout=PATIENCE_SECONDS + 600)

    def has_message(self, job_id: UUID) -> bool:
        """Whether one was sent that nobody took."""
        return not self._of(job_id).empty()

    def _of(self, job_id: UUID) -> queue.SimpleQueue[tuple[float, float]]:
        return self._by_job.setdefault(job_id, queue.SimpleQueue())


class Killing:
    """Lanes of jobs, one after the other in each, that all lose their workers again and again."""

    def __init__(self, url: str, pace: Pace, *, seed: int = 23) -> None:
        self._url = url
        self._pace = pace
        self._lanes = Lanes()
        self._seed = seed
        self._over = threading.Event()
        self._stalls: list[str] = []

    def run(self, *, lanes: int, jobs: int, kills_a_job: int = len(LEAVING_RUNNING)) -> Outcome:
        """Runs `jobs` jobs in each lane, and kills each one's worker so often, and once after the finish.

        Raises:
            RuntimeError: a job did not end as an undisturbed one does.
        """
        outcome = Outcome()
        sweeper = threading.Thread(target=self._sweep, daemon=True)
        sweeper.start()
        with ThreadPoolExecutor(lanes) as pool:
            for kills in pool.map(lambda lane: self._lane(lane, jobs, kills_a_job), range(lanes)):
                outcome.kills += kills
        self._over.set()
        sweeper.join()
        outcome.jobs = outcome.after_the_finish = lanes * jobs
        outcome.stalls = len(self._stalls)
        self._check(outcome.jobs, kills_a_job)
        return outcome

    def _database(self) -> Database:
        return Database(lambda: connect(self._url, application_name="killing", behind_proxy=False))

    def _sweep(self) -> None:
        """Sweeps at its period, as a schedule does: from start to start."""
        database = self._database()
        following = time.monotonic()
        while not self._over.wait(max(0.0, following - time.monotonic())):
            following += self._pace.sweep
            Sweeper(database, self._lanes, self._pace.settings).sweep(wait_seconds=self._pace.wait)
        database.close()

    def _lane(self, number: int, jobs: int, kills_a_job: int) -> list[Kill]:
        chance = random.Random(self._seed + number)
        database = self._database()
        kills: list[Kill] = []
        for turn in range(jobs):
            # Fewer kills than boundaries: other ones in each lane.
            first = (
                (number + turn) % len(LEAVING_RUNNING) if kills_a_job < len(LEAVING_RUNNING) else 0
            )
            boundaries = (LEAVING_RUNNING[first:] + LEAVING_RUNNING[:first])[:kills_a_job]
            kills += self._one_job(boundaries, database, chance)
        database.close()
        return kills

    def _one_job(
        self, boundaries: Sequence[str], database: Database, chance: random.Random
    ) -> list[Kill]:
        new = NewJob(
            TENANT,
            "document",
            source_text=DOCUMENT,
            extraction_config={"chunk_characters": 200},
            max_attempts=100,
        )
        job = create_job(
            new, database=database, queue=self._lanes, settings=self._pace.settings
        ).job
        database.close()  # dozens of lanes: none keeps a connection that it does not use
        kills: list[Kill] = []
        killed: tuple[str, float] | None = None
        worker = StandbyWorker(self._url, self._pace.settings)
        for boundary in (*boundaries, AFTER_THE_FINISH):
            while True:
                sent_at, held_back = self._lanes.next_message(job.id)
                time.sleep(max(0.0, sent_at + held_back - time.monotonic()))
                is_there, claimed_at = worker.work(job.id, boundary)
                if killed:
                    kills.append(Kill(killed[0], sent_at - killed[1], claimed_at - killed[1]))
                    killed = None
                if is_there and boundary != AFTER_THE_FINISH:
                    # At a random moment between two heartbeats, and between two sweeps. Right after the claim
                    # no heart beats yet.
                    longest = max(2 * self._pace.heartbeat, self._pace.sweep)
                    time.sleep(chance.uniform(0, min(longest, 0.75 * self._pace.threshold)))
                if is_there and not self._lanes.has_message(job.id):
                    break
                # Taken from it while it lived: this machine stood still for longer than the threshold.
                self._stalls.append(boundary)
                worker.kill()
                worker = StandbyWorker(self._url, self._pace.settings)
            killed = boundary, worker.kill()
            worker = StandbyWorker(self._url, self._pace.settings)
        worker.kill()
        return kills

    def _check(self, jobs: int, kills_a_job: int) -> None:
        """Every job completed once, and no object is missing or there twice."""
        database = self._database()
        rows = database.rows(
            b"SELECT status, min(attempt) AS fewest, count(*) AS jobs, count(DISTINCT found) AS results,"
            b"  min(jsonb_array_length(found)) AS objects"
            b" FROM (SELECT status, attempt,"
            b"  (SELECT jsonb_agg(properties ORDER BY ordinal) FROM kb.extracted_objects"
            b"   WHERE job_id = job.id) AS found,"
            b"  (SELECT count(*) FROM kb.extraction_job_events"
            b"   WHERE job_id = job.id AND to_status = 'completed') AS ends"
            b"  FROM kb.object_extraction_jobs AS job) AS ended WHERE ends = 1 GROUP BY status"
        )
        database.close()
        expected = {"status": "completed", "jobs": jobs, "results": 1}
        if len(rows) != 1 or {name: rows[0][name] for name in expected} != expected:
            raise RuntimeError(f"not every job ended as it should: {rows}")
        if rows[0]["fewest"] <= kills_a_job:
            raise RuntimeError("an attempt was not counted")
        if not rows[0]["objects"]:
            raise RuntimeError("no job has an object: nothing was tested")
