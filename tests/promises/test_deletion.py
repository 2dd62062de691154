"""Promise 16: what is deleted is gone.

What could go wrong: something of a job stays behind (a line of history that was written at that very moment, an
announcement, a table that nobody thought of), something of another job goes with it, a job that is still worked on is
deleted, or a late write of a worker, a message or a sweep brings something back.

What must hold: no table names the job; every other row is as it was; what has not ended is not deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from typing import Any

import pytest

from extraction_jobs import deletion
from extraction_jobs.announcements import BUS_TRIGGER, WEBHOOK_TRIGGER, switch_announcing
from extraction_jobs.attempt import Attempt
from extraction_jobs.by_hand import JobNotFoundError
from extraction_jobs.database import Database, DatabaseUnavailableError
from extraction_jobs.deletion import Forgotten, NotEndedError, delete_job, forget_organisation
from extraction_jobs.model import Job, Tenant
from extraction_jobs.queries import LIFECYCLE
from extraction_jobs.retention import BATCH
from extraction_jobs.review import approve_job
from tests.conftest import TENANT, Psql
from tests.line_ocr import scan_of

from .conftest import Lab
from .test_cancel_sticks import BOUNDARIES
from .writes import found

ACTIVE = ["pending", "running"]
ENDED = ["completed", "requires_review", "failed", "cancelled"]


@pytest.fixture
def announcing(psql: Psql) -> Iterator[None]:
    """Endings are written down for the bus and for webhooks, as where there are both; nobody sends them here."""
    for org_id in (TENANT.org_id, "globex"):
        psql(
            f"INSERT INTO kb.extraction_webhooks (org_id, url, secret) VALUES ('{org_id}', '', '')"
        )
    triggers = (BUS_TRIGGER, WEBHOOK_TRIGGER)
    for trigger in triggers:
        assert switch_announcing(psql.connection, on=True, trigger=trigger)
    yield
    for trigger in triggers:
        switch_announcing(psql.connection, on=False, trigger=trigger)


Whole = Callable[..., Job]


@pytest.fixture
def whole(announcing: None, people_do_anything: None, lab: Lab) -> Whole:
    """Makes a job that has a row in every table in which a job can have one (no real job has: see the chunk)."""

    def make(name: str, status: str = "completed", **fields: Any) -> Job:
        text = f"Name: {name}\nFriend: {name} too\n"
        job = lab.new_job(source_text=text, source_id=f"file of {name}", created_by=name, **fields)
        lab.take(job).finish(found(name, name, related=True))
        lab.psql(
            "INSERT INTO kb.extraction_chunks (job_id, chunk_index, plan_digest, lease, attempt, result)"
            f" VALUES ('{job.id}', 0, 'x', 1, 1, '{{\"of\": \"{name}\"}}')"
        )
        lab.psql(
            "INSERT INTO kb.extraction_pages (job_id, document, number, lease, attempt, page)"
            f" VALUES ('{job.id}', 'x', 1, 1, 1, '{{\"of\": \"{name}\"}}')"
        )
        if status != "completed":
            lab.psql.update(f"status = '{status}'", job)
        return job

    return make


def of_a_job(psql: Psql) -> set[str]:
    """The tables in which a job has rows: its own, and those with a column for its id."""
    rows = psql(
        "SELECT DISTINCT table_name FROM information_schema.columns"
        " WHERE table_schema = 'kb' AND column_name = 'job_id'"
    )
    return {"object_extraction_jobs"} | {row["table_name"] for row in rows}


def delete(job: Job, database: Database, tenant: Tenant = TENANT) -> None:
    delete_job(job.id, tenant, "amelia", database=database)


# ---------------------------------------------------------------- one job


@pytest.mark.parametrize("status", [*ENDED, "deleted in psql"])
def test_everything_of_a_job_that_has_ended_goes_and_nothing_of_another(
    lab: Lab, whole: Whole, status: str
) -> None:
    whole("Bertha")
    whole("Clara", tenant=Tenant("globex", TENANT.project_id))
    in_psql = status not in ENDED
    job = whole("Agatha") if in_psql else whole("Agatha", status)
    assert lab.psql.naming(job.id) == of_a_job(lab.psql), "a row in each table that there is"
    others = lab.psql.everything(but=job.id)
    if in_psql:
        lab.psql(f"DELETE FROM kb.object_extraction_jobs WHERE id = '{job.id}'")
    else:
        delete(job, lab.database)
    assert lab.psql.naming(job.id, "Agatha") == set()
    assert lab.psql.everything() == others
    with pytest.raises(JobNotFoundError):
        delete(job, lab.database)


@pytest.mark.parametrize("status", ACTIVE)
def test_a_job_that_has_not_ended_is_not_deleted_and_the_caller_is_told_its_status(
    lab: Lab, status: str
) -> None:
    """Nor by the statement that deletes many: a retry came between the cancel and it."""
    job = lab.new_job()
    if status == "running":
        lab.take(job)
    before = lab.psql.everything()
    with pytest.raises(NotEndedError, match=f"^Cannot delete job with status: {status}"):
        delete(job, lab.database)
    params = {"org_id": TENANT.org_id, "project_id": TENANT.project_id, "batch": 10}
    assert lab.database.rows(LIFECYCLE["delete_ended_jobs"], params) == []
    assert lab.psql.everything() == before


@pytest.mark.parametrize(
    "tenant",
    [Tenant("globex", "library"), Tenant("acme", "museum")],
    ids=["organisation", "project"],
)
def test_a_job_of_another_tenant_is_not_there(lab: Lab, whole: Whole, tenant: Tenant) -> None:
    job = whole("Agatha")
    before = lab.psql.everything()
    with pytest.raises(JobNotFoundError):
        delete(job, lab.database, tenant)
    assert lab.psql.everything() == before


# ---------------------------------------------------------------- at once with others


@pytest.mark.parametrize("ending", ["review", "extraction"])
def test_what_another_wrote_while_the_deletion_waited_for_the_job_goes_as_well(
    lab: Lab, ending: str, whole: Whole
) -> None:
    """What the one who ends the job writes is younger than the DELETE that waits for it."""
    in_transaction = Database(lambda: lab.psql.connection)
    end: Callable[[], object]
    if ending == "review":
        job = whole("Agatha", "requires_review")
        end = partial(approve_job, job.id, TENANT, "amelia", None, database=in_transaction)
    else:
        job = lab.new_job(source_text="Agatha")
        end = partial(Attempt(lab.take(job).job, in_transaction).finish, found("Agatha"))
    with ThreadPoolExecutor(1) as pool:
        with lab.psql.connection.transaction():
            end()
            deleting = pool.submit(delete, job, lab.open_database())
            lab.until_waiting(1)
        deleting.result(10)
    assert lab.psql.naming(job.id, "Agatha") == set()


@pytest.mark.parametrize("first", ["retry", "delete"])
def test_of_a_retry_and_a_deletion_at_once_the_first_wins_and_the_other_is_told(
    lab: Lab, first: str, whole: Whole
) -> None:
    """Both wait for the same row; they get it in the order in which they came."""
    job = whole("Agatha", "failed")
    acts: list[Callable[[], object]] = [
        partial(lab.retry, job),
        partial(delete, job, lab.open_database()),
    ]
    winner, loser = lab.in_turn(*(acts if first == "retry" else acts[::-1]))
    winner.result(10)
    with pytest.raises(NotEndedError if first == "retry" else JobNotFoundError):
        loser.result(10)
    if first == "retry":
        assert lab.psql.job(job.id)["status"] == "pending"
        assert lab.psql.naming(job.id) == of_a_job(lab.psql)
    else:
        assert lab.psql.naming(job.id, "Agatha") == set()


# ---------------------------------------------------------------- what comes late


def test_no_worker_that_held_a_deleted_job_brings_anything_back_wherever_it_was(lab: Lab) -> None:
    scan = {"source_text": None, "source_bytes": scan_of(2)}
    jobs = [(lab.new_job(**scan), boundary) for boundary in BOUNDARIES]
    workers = [lab.start(job, stop_at=boundary) for job, boundary in jobs]
    for (job, _), worker in zip(jobs, workers, strict=True):
        worker.until("stopped")
        lab.cancel(job)
        delete(job, lab.database)
    for worker in workers:
        worker.wake()
        assert worker.until("ended").outcome == "lease_lost"
    assert lab.psql.naming(*(job.id for job, _ in jobs)) == set()


# ---------------------------------------------------------------- an organisation

Forget = Callable[..., Forgotten]


@pytest.fixture
def forget(lab: Lab) -> Forget:
    given: dict[str, Any] = {"database": lab.database, "queue": lab.queue, "settings": lab.settings}
    given |= {"limit": 1000, "dry_run": False}
    return lambda **options: forget_organisation(TENANT.org_id, "amelia", **(given | options))


Fill = Callable[[int], None]


@pytest.fixture
def fill(psql: Psql) -> Fill:
    """Makes so many jobs of acme in three projects, each with a document, an object and a history; in every status."""

    def make(jobs: int) -> None:
        psql(
            "WITH made AS (INSERT INTO kb.object_extraction_jobs"
            " (org_id, project_id, source_type, source_id, status, attempt, completed_at, deadline_at)"
            " SELECT 'acme', 'project ' || n %% 3, 'document', 'file ' || n, status, 0,"
            " CASE WHEN n %% 6 > 1 THEN now() END, CASE WHEN n %% 6 = 1 THEN now() + interval '1 hour' END"
            " FROM generate_series(0, %(jobs)s - 1) AS n,"
            " LATERAL (SELECT (%(statuses)s::text[])[1 + n %% 6] AS status) AS own RETURNING id"
            "), documents AS (INSERT INTO kb.extraction_documents (job_id, content) SELECT id, 'A: 1' FROM made)"
            " INSERT INTO kb.extracted_objects"
            " SELECT id, 1, 1, gen_random_uuid(), 'Note', '{}', '{}', 1, 0, 1 FROM made",
            {"jobs": jobs, "statuses": [*ACTIVE, *ENDED]},
        )

    return make


@pytest.mark.usefixtures("people_do_anything")
def test_an_organisation_of_thousands_is_forgotten_in_bounded_calls_and_no_other_is_touched(
    whole: Whole, fill: Fill, forget: Forget, psql: Psql
) -> None:
    whole("Clara", tenant=Tenant("globex", TENANT.project_id))
    others = psql.everything()
    webhooks = "extraction_webhooks"  # that of the organisation goes with its jobs
    others[webhooks] = [row for row in others[webhooks] if TENANT.org_id not in row["row"]]
    whole("Agatha")
    fill(2999)
    counted = forget(dry_run=True, limit=1)
    assert (counted.cancelled, counted.deleted, counted.truncated) == (1000, 3000, False)
    calls = [forget(limit=700)]
    while calls[-1].truncated:
        calls.append(forget(limit=700))
    assert [call.deleted for call in calls] == [700, 700, 700, 700, 200]
    assert sum(call.cancelled for call in calls) == 1000
    assert psql.everything() == others
    assert forget() == Forgotten()


@pytest.mark.usefixtures("people_do_anything")
def test_a_call_that_is_cut_off_has_deleted_whole_jobs_and_the_next_goes_on(
    lab: Lab, fill: Fill, forget: Forget, caplog: pytest.LogCaptureFixture
) -> None:
    fill(1000)
    looks = count(1)

    def cut_off_in_the_third_batch() -> float:
        if next(looks) == 4:
            lab.psql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        return 0.0

    with caplog.at_level("INFO"), pytest.raises(DatabaseUnavailableError):
        forget(clock=cut_off_in_the_third_batch)
    [record] = [each for each in caplog.records if each.name == deletion.__name__]
    [left] = lab.psql("SELECT count(*) AS n FROM kb.object_extraction_jobs")
    assert 0 < left["n"] == 1000 - record.__dict__["deleted"] < 1000, "what is gone was logged"
    for table in ("extraction_documents", "extracted_objects"):
        assert lab.psql(f"SELECT count(*) AS n FROM kb.{table}") == [left]
    assert forget().truncated is False
    assert lab.psql.naming("acme", "file ") == set()


@pytest.mark.usefixtures("people_do_anything")
def test_a_call_ends_when_its_time_is_over_and_says_that_there_is_more(
    fill: Fill, forget: Forget, psql: Psql
) -> None:
    fill(1000)
    ticks = count(step=deletion.TIME_LIMIT_SECONDS / 2)  # time for one batch
    call = forget(clock=partial(next, ticks))
    assert (call.deleted, call.truncated) == (BATCH, True)


def test_a_job_that_another_holds_is_left_for_the_next_call(
    lab: Lab, whole: Whole, forget: Forget
) -> None:
    held, free = whole("Agatha"), whole("Bertha")
    with lab.locked(held):
        call = forget()
        assert (call.deleted, call.truncated) == (1, True)
        assert lab.psql.naming(free.id, "Bertha") == set()
    assert forget().deleted == 1
    assert lab.psql.naming(held.id, "acme") == set()
