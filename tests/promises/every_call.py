"""Every call that names a job and every list, one after the other, so that what each of them reads can be measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from extraction import Document
from extraction_jobs import by_hand, listing, projects, reading
from extraction_jobs.attempt import Attempt, Result
from extraction_jobs.bounds import BoundReachedError, require_room
from extraction_jobs.bulk import Action, BulkFilter, change_many
from extraction_jobs.claim import Claimed, claim
from extraction_jobs.create import NewJob, create_job
from extraction_jobs.database import Database
from extraction_jobs.dead_letter import give_up_on_message
from extraction_jobs.deletion import delete_job
from extraction_jobs.listing import AfterJob, JobFilter
from extraction_jobs.model import Job, JobId, JobStatus, Tenant
from extraction_jobs.queries import READS
from extraction_jobs.settings import Settings
from extraction_jobs.sweep_steps import LOOK
from tests.conftest import MemoryQueue

Call = Callable[[Database], object]
Calls = Iterator[tuple[str, Call]]

PAGE = 20
SETTINGS = Settings()
DOCUMENT = Document("Total: 12.50 EUR", "text/plain", None, "a digest")
FOUND = {"id": str(UUID(int=1)), "type": "invoice", "properties": {}, "evidence": {}}
FOUND |= {"ordinal": 1, "confidence": 1.0, "span_start": 0, "span_end": 1}  # type: ignore[dict-item]
RESULT = Result([FOUND], [], 1.0, None, {})


class Life:
    """A tenant's jobs in turn, and the worker's hold on the last that was claimed."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.jobs: list[Job] = []
        self.attempt: Attempt

    @property
    def job_id(self) -> JobId:
        """Of the newest job."""
        return self.jobs[-1].id

    def create(self, database: Database, key: str | None = None) -> None:
        """A new job; with the key of an old one, that one again."""
        new = NewJob(
            tenant=self.tenant,
            source_type="document",
            source_text="Total: 12.50 EUR",
            idempotency_key=key or str(uuid4()),
        )
        queue = MemoryQueue()
        job = create_job(new, database=database, queue=queue, settings=SETTINGS).job
        if key is None:
            self.jobs.append(job)

    def create_again(self, database: Database) -> None:
        """The newest once more."""
        self.create(database, self.jobs[-1].idempotency_key)

    def claim(self, database: Database) -> None:
        """The newest."""
        outcome = claim(self.job_id, worker="test", database=database, settings=SETTINGS)
        assert isinstance(outcome, Claimed), outcome
        self.attempt = Attempt(outcome.job, database)

    def claim_again(self, database: Database) -> None:
        """A duplicate message."""
        outcome = claim(self.job_id, worker="test", database=database, settings=SETTINGS)
        assert not isinstance(outcome, Claimed)

    def work(self) -> Calls:
        """What a worker writes until the job is completed."""
        chunk = {"chunk_index": 0, "plan_digest": "d", "processed": 1, "failed": 0, "objects": 1}
        plan = {"extractor": "test", "plan_digest": "d", "total": 1}
        yield "heartbeat", self.attempt.heartbeat
        yield "start_chunks", lambda _: self.attempt.start_chunks(DOCUMENT, **plan)  # type: ignore[arg-type]
        yield "checkpoint", lambda _: self.attempt.checkpoint(**chunk, result={})  # type: ignore[arg-type]
        yield "finish", lambda _: self.attempt.finish(RESULT)

    def finish_at_once(self, database: Database) -> None:
        """A document of one chunk, of which nothing is kept before."""
        self.attempt.finish(RESULT, document=DOCUMENT, extractor="test")

    def read(self) -> Calls:
        """What is asked of one job."""
        job_id, tenant = self.job_id, self.tenant
        organisations = [tenant.org_id]
        yield "get", lambda database: reading.get_job(job_id, tenant, database=database)
        yield (
            "events",
            lambda database: reading.list_events(job_id, tenant, 0, PAGE, database=database),
        )
        yield (
            "objects",
            lambda database: reading.list_objects(job_id, tenant, 0, PAGE, database=database),
        )
        yield (
            "project",
            lambda database: projects.project_of(job_id, organisations, database=database),
        )

    def change(self, action: Action, database: Database) -> None:
        """The three newest, by their ids."""
        _change(
            self.tenant, action, BulkFilter(ids=[job.id for job in self.jobs[-3:]]), False, database
        )

    def retry(self, database: Database) -> None:
        """By hand."""
        parts: dict[str, Any] = {"database": database, "queue": MemoryQueue(), "settings": SETTINGS}
        by_hand.retry_job(self.job_id, self.tenant, "a", **parts)

    def cancel(self, database: Database) -> None:
        """By hand."""
        by_hand.cancel_job(self.job_id, self.tenant, "a", database=database)

    def delete(self, database: Database) -> None:
        """By hand."""
        delete_job(self.job_id, self.tenant, "a", database=database)

    def lose_message(self, database: Database) -> None:
        """The queue gives up on it."""
        assert give_up_on_message(self.job_id, self.jobs[-1].revision, database=database)


def lives(tenant: Tenant) -> Calls:
    """Every statement that names a job: a life to its end, and what else can become of a job."""
    life = Life(tenant)
    yield "create", life.create
    yield "create again", life.create_again
    yield "claim", life.claim
    yield from life.work()
    yield "claim again", life.claim_again
    yield from life.read()
    yield "delete", life.delete
    yield "create", life.create
    yield "a dead letter", life.lose_message
    yield "cancel", life.cancel
    ends: dict[str, Call] = {
        "finish at once": life.finish_at_once,
        "hand over": lambda _: life.attempt.hand_over(),
        "retry later": lambda _: life.attempt.retry_later("x", 0.0),
        "fail": lambda _: life.attempt.fail("x"),
    }
    for name, end in ends.items():
        yield "create", life.create
        yield "claim", life.claim
        yield name, end
    yield "retry many", partial(life.change, Action.RETRY)
    yield "cancel many", partial(life.change, Action.CANCEL)
    yield "create", life.create
    yield "claim", life.claim
    yield "retry", life.retry


def lists(tenant: Tenant) -> Calls:
    """The look at bounds, and every list: filters, deep pages, searches, what a change of many picks."""
    yield "bounds", partial(_room, tenant)
    for name, wanted in {
        "list": JobFilter(),
        "running": JobFilter(statuses=(JobStatus.RUNNING,)),
        "failed": JobFilter(statuses=(JobStatus.FAILED,)),
        "stuck": JobFilter(stuck=True),
        "rare type": JobFilter(source_type="rare"),
        "no type": JobFilter(source_type="none"),
        "rare and failed": JobFilter(source_type="rare", statuses=(JobStatus.FAILED,)),
    }.items():
        yield name, partial(_list, tenant, wanted)
    yield "deep page", partial(_list_deep, tenant, None)
    yield "deep page of a type", partial(_list_deep, tenant, "document")
    yield "search for a source id", partial(_search, tenant, "completed-7")
    for action in Action:
        for meant in (BulkFilter(source_type="rare"), BulkFilter(), BulkFilter(stuck=True)):
            yield f"{action} by filter", partial(_change, tenant, action, meant, True)


PARAMS_OF_A_LOOK: dict[str, Any] = {
    "threshold": SETTINGS.orphan_threshold,
    "after": "-infinity",
    "near": 58.0,
    "record": True,
}


def look(database: Database) -> None:
    """What a sweep does that finds nothing to do; recorded."""
    [row] = database.rows(LOOK, PARAMS_OF_A_LOOK)
    assert row["wait"] > PARAMS_OF_A_LOOK["near"]
    assert row["oldest_pending_seconds"] > 0


def _list(
    tenant: Tenant, wanted: JobFilter, database: Database, after: AfterJob | None = None
) -> None:
    listing.list_jobs(tenant, wanted, PAGE, after=after, database=database, settings=SETTINGS)


def _list_deep(tenant: Tenant, source_type: str | None, database: Database) -> None:
    """The page that begins in the middle of all that there is."""
    [row] = database.rows(b"SELECT id FROM public.middle")
    after = AfterJob(JobId(row["id"]))
    _list(tenant, JobFilter(source_type=source_type), database, after)


def _room(tenant: Tenant, database: Database) -> None:
    """Whether there is room for a job more; of what waits it counts as many as may."""
    bounded = Settings(max_pending_jobs=100, max_kept_megabytes=1, max_cost_usd_per_day=1)
    with suppress(BoundReachedError):
        require_room(tenant.org_id, 1, 1, database=database, settings=bounded)


def _search(tenant: Tenant, text: str, database: Database) -> None:
    """For what it names; what only holds the text somewhere is looked for among the newest thousands."""
    wanted = JobFilter(text=text).params(tenant, SETTINGS)
    params = {"text_as_id": None, "limit": PAGE, **listing.ids_before(None)}
    assert len(database.rows(READS["search_exactly"], wanted | params)) <= 1


def _change(
    tenant: Tenant, action: Action, meant: BulkFilter, dry_run: bool, database: Database
) -> None:
    parts: dict[str, Any] = {"database": database, "queue": MemoryQueue(), "settings": SETTINGS}
    change_many(action, meant, tenant, "a", limit=PAGE, dry_run=dry_run, **parts)
