"""Every call that names a job and every list, one after the other, so that what each of them reads can be measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import uuid4

from extraction_jobs import listing, projects, reading
from extraction_jobs.attempt import Attempt
from extraction_jobs.bounds import BoundReachedError, require_room
from extraction_jobs.bulk import Action, BulkFilter, change_many
from extraction_jobs.by_hand import cancel_job, retry_job
from extraction_jobs.claim import Claimed, claim
from extraction_jobs.database import Database
from extraction_jobs.dead_letter import give_up_on_message
from extraction_jobs.deletion import delete_job
from extraction_jobs.listing import AfterJob, JobFilter
from extraction_jobs.model import Job, JobId, JobStatus, Tenant
from extraction_jobs.queries import READS
from extraction_jobs.settings import Settings
from extraction_jobs.sweep_steps import LOOK
from tests.conftest import MemoryQueue, make_job

from .writes import DOCUMENT, beat, checkpoint, finish, start

Call = Callable[[Database], object]
Calls = Iterator[tuple[str, Call]]

PAGE = 20
SETTINGS = Settings()
QUEUE = MemoryQueue()


class Life:
    """A tenant's jobs in turn, and the worker's hold on the last that was claimed."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.jobs: list[Job] = []
        self.attempt: Attempt

    def create(self, database: Database) -> None:
        key = str(uuid4())
        self.jobs.append(
            make_job(database, QUEUE, SETTINGS, tenant=self.tenant, idempotency_key=key)
        )

    def create_again(self, database: Database) -> None:
        """The newest once more, under its key."""
        key = self.jobs[-1].idempotency_key
        make_job(database, QUEUE, SETTINGS, tenant=self.tenant, idempotency_key=key)

    def claim(self, database: Database) -> None:
        outcome = claim(self.jobs[-1].id, worker="test", database=database, settings=SETTINGS)
        assert isinstance(outcome, Claimed), outcome
        self.attempt = Attempt(outcome.job, database)

    def claim_again(self, database: Database) -> None:
        outcome = claim(self.jobs[-1].id, worker="test", database=database, settings=SETTINGS)
        assert not isinstance(outcome, Claimed)

    def writes(self, write: Callable[[Attempt], object]) -> Call:
        """A write of the worker's."""
        return lambda _: write(self.attempt)

    def asks(self, ask: Callable[..., object], *more: object, **parts: object) -> Call:
        """A call that names the newest job and its tenant."""
        return lambda database: ask(
            self.jobs[-1].id, self.tenant, *more, database=database, **parts
        )

    def change(self, action: Action, database: Database) -> None:
        """The three newest, by their ids."""
        newest = BulkFilter(ids=[job.id for job in self.jobs[-3:]])
        _change(self.tenant, action, newest, False, database)

    def lose_message(self, database: Database) -> None:
        """The queue gives up on it."""
        job = self.jobs[-1]
        assert give_up_on_message(job.id, job.revision, database=database)


def lives(tenant: Tenant) -> Calls:
    """Every statement that names a job: a life to its end, and what else can become of a job."""
    life = Life(tenant)
    yield "create", life.create
    yield "create again", life.create_again
    yield "claim", life.claim
    for write in (beat, start, checkpoint, finish):
        yield write.__name__, life.writes(write)
    yield "claim again", life.claim_again
    yield "get", life.asks(reading.get_job)
    yield "events", life.asks(reading.list_events, 0, PAGE)
    yield "objects", life.asks(reading.list_objects, 0, PAGE)
    yield (
        "project",
        lambda database: projects.project_of(life.jobs[-1].id, [tenant.org_id], database=database),
    )
    yield "delete", life.asks(delete_job, "a")
    yield "create", life.create
    yield "a dead letter", life.lose_message
    yield "cancel", life.asks(cancel_job, "a")
    ends: dict[str, Callable[[Attempt], object]] = {
        "finish at once": partial(finish, document=DOCUMENT),
        "hand over": lambda attempt: attempt.hand_over(),
        "retry later": lambda attempt: attempt.retry_later("x", 0.0),
        "fail": lambda attempt: attempt.fail("x"),
    }
    for name, end in ends.items():
        yield "create", life.create
        yield "claim", life.claim
        yield name, life.writes(end)
    yield "retry many", partial(life.change, Action.RETRY)
    yield "cancel many", partial(life.change, Action.CANCEL)
    yield "create", life.create
    yield "claim", life.claim
    yield "retry", life.asks(retry_job, "a", queue=QUEUE, settings=SETTINGS)


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
    parts: dict[str, Any] = {"database": database, "queue": QUEUE, "settings": SETTINGS}
    change_many(action, meant, tenant, "a", limit=PAGE, dry_run=dry_run, **parts)
