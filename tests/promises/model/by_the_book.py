"""A run by the book: a job is taken through its life one statement at a time, and every statement is come by."""

from __future__ import annotations

import pytest
from psycopg.types.json import Jsonb

from extraction import Document
from extraction_jobs.attempt import Attempt, LeaseLostError, Result
from extraction_jobs.bulk import Action, BulkFilter, change_many
from extraction_jobs.by_hand import cancel_job, retry_job
from extraction_jobs.claim import Claimed, ClaimOutcome, Paused, claim
from extraction_jobs.create import NewJob, create_job, create_jobs
from extraction_jobs.database import connect
from extraction_jobs.dead_letter import give_up_on_message
from extraction_jobs.dispatch import Dispatch, dispatch
from extraction_jobs.model import Job, JobStatus, Revision
from extraction_jobs.projects import pause_project, resume_project
from extraction_jobs.queries import LIFECYCLE
from extraction_jobs.review import approve_job, reject_job
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Sweeper
from tests.conftest import TENANT, MemoryQueue, Psql

from .recording import RecordingDatabase

DEFAULTS = Settings()
DOCUMENT = Document("Total: 1", "text/plain", None, "d")
ONE_OBJECT = {
    "ordinal": 1,
    "id": "01936b2e-7a00-7000-8000-000000000001",
    "type": "Total",
    "properties": {},
    "evidence": {},
    "confidence": 0.5,
    "span_start": 7,
    "span_end": 8,
}


class ByTheBook:
    """Takes a job through its life one statement at a time. `replaced` is SQL with a guard taken out."""

    def __init__(self, url: str, psql: Psql, replaced: dict[str, bytes] | None = None) -> None:
        self._url = url
        self._replaced = replaced
        self._open: list[RecordingDatabase] = []
        self.psql = psql
        self.queue = MemoryQueue()
        self.database = self.database_of("api")

    def database_of(self, who: str) -> RecordingDatabase:
        """A recorded connection."""
        database = RecordingDatabase(
            lambda: connect(self._url, application_name=who, behind_proxy=False),
            who,
            self._replaced,
        )
        self._open.append(database)
        return database

    def close(self) -> None:
        """Ends the connections."""
        for database in self._open:
            database.close()

    def job(self, **fields: int) -> Job:
        """A new one."""
        new = NewJob(TENANT, "document", source_text="Total: 1", **fields)  # type: ignore[arg-type]
        return create_job(new, database=self.database, queue=self.queue, settings=DEFAULTS).job

    def take(self, job: Job, who: str) -> Attempt:
        """A worker's claim."""
        database = self.database_of(who)
        claimed = claim(job.id, worker=who, database=database, settings=DEFAULTS)
        assert isinstance(claimed, Claimed), claimed
        return Attempt(claimed.job, database)

    def claim(self, job: Job, who: str) -> ClaimOutcome:
        """What a worker's claim comes to."""
        database = self.database_of(who)
        return claim(job.id, worker=who, database=database, settings=DEFAULTS)

    def pause(self) -> None:
        """By a person, over the API; as `resume`."""
        pause_project(TENANT, "me", None, database=self.database)

    def resume(self) -> None:
        """See `pause`."""
        resume_project(TENANT, "me", database=self.database, queue=self.queue, settings=DEFAULTS)

    def sweep(self) -> None:
        """One."""
        Sweeper(self.database_of("sweeper"), self.queue, DEFAULTS).sweep()

    def retry(self, job: Job) -> None:
        """By a person, over the API."""
        retry_job(job.id, TENANT, "me", database=self.database, queue=self.queue, settings=DEFAULTS)

    def types(self, what: str, job: Job) -> None:
        """A person in psql."""
        self.psql(f"UPDATE kb.object_extraction_jobs SET {what} WHERE id = %(id)s", {"id": job.id})


def read(attempt: Attempt, chunk: int = 0) -> None:
    attempt.start_chunks(DOCUMENT, extractor="test", plan_digest="p", total=2)
    attempt.checkpoint(
        chunk_index=chunk, plan_digest="p", result={"of": 1}, processed=1, failed=0, objects=1
    )


def read_page(attempt: Attempt) -> None:
    page = {"document": "d", "number": 1}
    attempt.rows("find_page", page, lambda: None)
    kept = {"page": Jsonb({}), "total": 2, "processed": 1} | attempt.spending.columns()
    attempt.rows("keep_page", page | kept, lambda: None)


def finish(attempt: Attempt, review: str | None = None, document: Document | None = None) -> None:
    attempt.finish(
        Result(
            objects=[ONE_OBJECT], relationships=[], coverage=1.0, review_reason=review, detail={}
        ),
        document=document,
        extractor="test",
    )


def go_through_every_statement(book: ByTheBook) -> None:
    create_jobs(
        [NewJob(TENANT, "document")], database=book.database, queue=book.queue, settings=DEFAULTS
    )
    scanned = book.job()
    worker = book.take(scanned, "w1")
    read_page(worker)
    worker.hand_over()
    worker = book.take(scanned, "w2")
    read_page(worker)
    finish(worker, document=DOCUMENT)

    finished = book.job()
    worker = book.take(finished, "w1")
    read(worker)
    assert worker.heartbeat(book.database_of("w1")) is not None
    worker.hand_over()
    worker = book.take(finished, "w2")
    read(worker, 1)
    finish(worker, "Look at it.")
    approve_job(finished.id, TENANT, "me", None, database=book.database)
    book.types("status = 'pending'", finished)
    again = book.take(finished, "w1")
    read(again)
    finish(again, "Look at it again.")
    reject_job(finished.id, TENANT, "me", None, database=book.database)

    zombie_of = book.job()
    zombie = book.take(zombie_of, "w1")
    read(zombie)
    book.psql.make_idle(zombie_of.id, 6)
    book.sweep()
    heir = book.take(zombie_of, "w2")
    for write in (zombie.hand_over, lambda: zombie.fail("Mine."), lambda: finish(zombie)):
        with pytest.raises(LeaseLostError):
            write()
    assert zombie.heartbeat(book.database_of("w1")) is None
    heir.retry_later("An error.", 600.0)
    cancel_job(zombie_of.id, TENANT, "me", database=book.database)

    spent = book.job(max_attempts=1)
    book.take(spent, "w1")
    book.psql.make_idle(spent.id, 6)
    book.sweep()
    book.retry(spent)
    book.take(spent, "w2").fail("No retry would cure it.")

    at_once = book.job()
    finish(book.take(at_once, "w1"), document=DOCUMENT)

    many = [book.job() for _ in range(2)]
    book.take(many[0], "w1")
    for action, status in ((Action.RETRY, JobStatus.RUNNING), (Action.CANCEL, JobStatus.PENDING)):
        change_many(
            action,
            BulkFilter(ids=[job.id for job in many], statuses=[status]),
            TENANT,
            "me",
            limit=10,
            dry_run=False,
            database=book.database,
            queue=book.queue,
            settings=DEFAULTS,
        )

    overdue = book.job()
    book.take(overdue, "w1")
    book.psql.make_overdue(overdue.id)
    book.sweep()

    lowered = book.job()
    book.take(lowered, "w1").retry_later("An error.", 0.0)
    book.types("max_attempts = 1, next_dispatch_at = now()", lowered)
    book.sweep()

    unsent = book.job()
    dispatch(book.database, book.queue, [Dispatch(unsent.id, Revision(9))], DEFAULTS)
    book.types("next_dispatch_at = now()", unsent)
    book.sweep()
    for _ in range(3):
        revision = Revision(book.psql.job(unsent.id)["revision"])
        give_up_on_message(unsent.id, revision, database=book.database)
    book.types("status = 'running', updated_at = now() - interval '10 minutes'", unsent)
    book.sweep()

    for resume in (book.resume, lambda: book.psql("DELETE FROM kb.extraction_pauses")):
        job, lost = book.job(), book.job()
        book.pause()
        assert isinstance(book.claim(job, "w1"), Paused)
        book.types("next_dispatch_at = now()", lost)
        book.sweep()
        resume()
        book.sweep()
        finish(book.take(job, "w1"), document=DOCUMENT)
    early = book.job()
    book.types("run_after = now() + interval '1 day'", early)
    book.database.rows(LIFECYCLE["put_off"], {"job_id": early.id})
