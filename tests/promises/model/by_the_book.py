"""A run by the book: a job is taken through its life one statement at a time, and every statement is come by."""

from __future__ import annotations

import pytest
from psycopg.types.json import Jsonb

from extraction_jobs.attempt import Attempt, LeaseLostError
from extraction_jobs.bulk import Action, BulkFilter, change_many
from extraction_jobs.claim import Claimed, Paused
from extraction_jobs.create import NewJob
from extraction_jobs.database import Database, connect
from extraction_jobs.dead_letter import give_up_on_message
from extraction_jobs.dispatch import Dispatch, dispatch
from extraction_jobs.model import Job, JobStatus, Revision
from extraction_jobs.queries import LIFECYCLE
from extraction_jobs.review import approve_job, reject_job
from extraction_jobs.settings import Settings
from tests.conftest import TENANT, MemoryQueue, Psql
from tests.promises.conftest import Lab
from tests.promises.writes import DOCUMENT, finish, read

from .recording import RecordingDatabase

DEFAULTS = Settings()


class ByTheBook(Lab):
    """A lab in which every statement is recorded. `replaced` is SQL with a guard taken out."""

    def __init__(self, url: str, psql: Psql, replaced: dict[str, bytes] | None = None) -> None:
        self._url, self._replaced = url, replaced
        self._open: list[Database] = []
        database = self.database_of("api")
        super().__init__(
            database, lambda: self.database_of("sweeper"), MemoryQueue(), DEFAULTS, psql
        )

    def database_of(self, who: str) -> RecordingDatabase:
        database = RecordingDatabase(
            lambda: connect(self._url, application_name=who, behind_proxy=False),
            who,
            self._replaced,
        )
        self._open.append(database)
        return database

    def take(self, job: Job, who: str = "w1") -> Attempt:
        database = self.database_of(who)
        claimed = self.claim(job, worker=who, database=database)
        assert isinstance(claimed, Claimed), claimed
        return Attempt(claimed.job, database)

    def close(self) -> None:
        for database in self._open:
            database.close()


def read_page(attempt: Attempt) -> None:
    page = {"document": "d", "number": 1}
    attempt.rows("find_page", page, lambda: None)
    kept = {"page": Jsonb({}), "total": 2, "processed": 1} | attempt.spending.columns()
    attempt.rows("keep_page", page | kept, lambda: None)


def go_through_every_statement(book: ByTheBook) -> None:
    book.create([NewJob(TENANT, "document")])
    scanned = book.new_job()
    worker = book.take(scanned)
    read_page(worker)
    worker.hand_over()
    worker = book.take(scanned, "w2")
    read_page(worker)
    finish(worker, document=DOCUMENT)

    finished = book.new_job()
    worker = book.take(finished)
    read(worker)
    assert worker.heartbeat(book.database_of("w1")) is not None
    worker.hand_over()
    worker = book.take(finished, "w2")
    read(worker, 1)
    finish(worker, "Look at it.")
    approve_job(finished.id, TENANT, "me", None, database=book.database)
    book.psql.update("status = 'pending'", finished)
    again = book.take(finished)
    read(again)
    finish(again, "Look at it again.")
    reject_job(finished.id, TENANT, "me", None, database=book.database)

    zombie_of = book.new_job()
    zombie = book.take(zombie_of)
    read(zombie)
    book.psql.make_idle(zombie_of.id, 6)
    book.sweep()
    heir = book.take(zombie_of, "w2")
    for write in (zombie.hand_over, lambda: zombie.fail("Mine."), lambda: finish(zombie)):
        with pytest.raises(LeaseLostError):
            write()
    assert zombie.heartbeat(book.database_of("w1")) is None
    heir.retry_later("An error.", 600.0)
    book.cancel(zombie_of)

    spent = book.new_job(max_attempts=1)
    book.take(spent)
    book.psql.make_idle(spent.id, 6)
    book.sweep()
    book.retry(spent)
    book.take(spent, "w2").fail("No retry would cure it.")

    at_once = book.new_job()
    finish(book.take(at_once), document=DOCUMENT)

    many = [book.new_job() for _ in range(2)]
    book.take(many[0])
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

    overdue = book.new_job()
    book.take(overdue)
    book.psql.make_overdue(overdue.id)
    book.sweep()

    lowered = book.new_job()
    book.take(lowered).retry_later("An error.", 0.0)
    book.psql.update("max_attempts = 1, next_dispatch_at = now()", lowered)
    book.sweep()

    unsent = book.new_job()
    dispatch(book.database, book.queue, [Dispatch(unsent.id, Revision(9))], DEFAULTS)
    book.psql.update("next_dispatch_at = now()", unsent)
    book.sweep()
    for _ in range(3):
        revision = Revision(book.psql.job(unsent.id)["revision"])
        give_up_on_message(unsent.id, revision, database=book.database)
    book.psql.update("status = 'running', updated_at = now() - interval '10 minutes'", unsent)
    book.sweep()

    for resume in (book.resume, lambda: book.psql("DELETE FROM kb.extraction_pauses")):
        job, lost = book.new_job(), book.new_job()
        book.pause()
        assert isinstance(book.claim(job, database=book.database_of("w1")), Paused)
        book.psql.update("next_dispatch_at = now()", lost)
        book.sweep()
        resume()
        book.sweep()
        finish(book.take(job), document=DOCUMENT)
    early = book.new_job()
    book.psql.update("run_after = now() + interval '1 day'", early)
    book.database.rows(LIFECYCLE["put_off"], {"job_id": early.id})
