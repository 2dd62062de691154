"""What is old goes, a little at a time, when it is asked for; what somebody still works on never does."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest

from extraction_jobs import retention
from extraction_jobs.model import Job
from extraction_jobs.outcomes import Outcome
from extraction_jobs.queries import RETENTION
from extraction_jobs.retention import Deleted, delete_expired
from extraction_jobs.review import approve_job
from tests.conftest import TENANT, Psql
from tests.waiting import until

from .conftest import Lab
from .writes import found

pytestmark = pytest.mark.usefixtures("histories_go")

FOUND = found(related=True)
RESULTS = (
    "extraction_documents",
    "extraction_chunks",
    "extraction_pages",
    "extracted_objects",
    "extracted_relationships",
)
EVERYTHING: dict[str, Any] = {
    "retain_jobs_days": 30,
    "retain_results_days": 7,
    "retain_histories_days": 14,
}


@pytest.fixture(autouse=True)
def marks_from_the_beginning(psql: Psql) -> None:
    """A new test begins with nothing deleted."""
    psql(
        "UPDATE kb.extraction_retention SET through = '-infinity',"
        " through_id = '00000000-0000-0000-0000-000000000000'"
    )


WAITING = b"""SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%extraction_retention%'"""
Ended = Callable[..., Job]


@pytest.fixture
def ended(lab: Lab) -> Ended:
    """Makes a job that has a result, or a checkpoint if it failed, and ended `days` ago."""

    def make(days: float, status: str = "completed", **fields: Any) -> Job:
        job = lab.new_job(**fields)
        attempt = lab.take(job)
        if status == "failed":
            lab.psql(
                "INSERT INTO kb.extraction_chunks (job_id, chunk_index, plan_digest, lease, attempt, result)"
                f" VALUES ('{job.id}', 0, 'x', 1, 1, '{{}}')"
            )
            lab.psql(
                "INSERT INTO kb.extraction_pages (job_id, document, number, lease, attempt, page)"
                f" VALUES ('{job.id}', 'x', 1, 1, 1, '{{}}')"
            )
            attempt.fail("No.")
        else:
            attempt.finish(FOUND)
        then = f"now() - interval '{days} days'"
        lab.psql.update(f"status = '{status}', revision = revision + 1, completed_at = {then}", job)
        return job

    return make


def rows(psql: Psql, table: str, job: Job) -> int:
    column = "id" if table == "object_extraction_jobs" else "job_id"
    [found] = psql(f"SELECT count(*) AS n FROM kb.{table} WHERE {column} = '{job.id}'")
    return int(found["n"])


def parts(psql: Psql, job: Job) -> tuple[bool, bool, bool]:
    """Whether the job is there, its history, and anything that it read or found."""
    return (
        rows(psql, "object_extraction_jobs", job) > 0,
        rows(psql, "extraction_job_events", job) > 0,
        any(rows(psql, table, job) for table in RESULTS),
    )


@pytest.mark.parametrize("status", ["completed", "requires_review", "failed", "cancelled"])
def test_each_part_goes_at_its_own_age_and_the_sweep_records_it(
    lab: Lab, ended: Ended, status: str
) -> None:
    by_age = {days: ended(days, status) for days in (6, 8, 15, 31)}
    lab.sweep(**EVERYTHING)
    assert {days: parts(lab.psql, job) for days, job in by_age.items()} == {
        6: (True, True, True),
        8: (True, True, False),
        15: (True, False, False),
        31: (False, False, False),
    }
    [record] = lab.psql("SELECT * FROM kb.extraction_sweeps")
    assert (record["jobs_deleted"], record["results_deleted"]) == (1, 2)
    assert record["histories_deleted"] == 1
    noted = {days: lab.psql.job(by_age[days].id)["results_deleted_at"] for days in (6, 8, 15)}
    assert noted[6] is None
    assert noted[8] is not None
    assert not lab.sweep(**EVERYTHING).deleted


def test_what_is_pending_or_running_is_never_touched_however_old(lab: Lab) -> None:
    waiting, running = lab.new_job(), lab.new_job()
    lab.take(running)
    lab.psql.update("completed_at = now() - interval '1 year'")
    before = lab.psql("SELECT *, xmin::text FROM kb.object_extraction_jobs")
    deleted = Deleted()
    delete_expired(lab.database, lab.settings.model_copy(update=EVERYTHING), deleted)
    assert not deleted
    assert lab.psql("SELECT *, xmin::text FROM kb.object_extraction_jobs") == before
    assert parts(lab.psql, waiting) == parts(lab.psql, running) == (True, True, True)


@pytest.mark.parametrize("part", ["retain_jobs_days", "retain_results_days"])
def test_a_job_that_is_retried_at_that_moment_keeps_what_it_needs(
    lab: Lab, ended: Ended, part: str
) -> None:
    """The deletion has found the job, and then the retry is committed."""
    job = ended(10, "failed")
    observer, deleted = lab.open_database(), Deleted()
    tuned = lab.settings.model_copy(update={part: 7})
    with ThreadPoolExecutor(1) as pool, lab.psql.connection.transaction():
        lab.psql.update("status = 'pending', completed_at = NULL", job)
        deleting = pool.submit(delete_expired, lab.open_database(), tuned, deleted)
        until(lambda: deleting.done() or observer.rows(WAITING))
    deleting.result()
    assert not deleted
    assert parts(lab.psql, job) == (True, True, True)


def test_it_goes_in_batches_the_oldest_first_and_no_longer_than_its_time(
    lab: Lab, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    jobs = [ended(days) for days in (20, 19, 18, 17, 16)]
    for keep, table in (
        ({"retain_results_days": 7.0}, "extracted_objects"),
        ({"retain_histories_days": 7.0}, "extraction_job_events"),
        ({"retain_jobs_days": 7.0}, "object_extraction_jobs"),
    ):
        left = []
        for _ in range(3):
            deleted = Deleted()
            ticks = count(step=retention.TIME_LIMIT_SECONDS / 2)  # time for one batch
            delete_expired(
                lab.database, lab.settings.model_copy(update=keep), deleted, partial(next, ticks)
            )
            left.append([rows(lab.psql, table, job) > 0 for job in jobs])
        assert left == [[False] * 2 + [True] * 3, [False] * 4 + [True], [False] * 5], table


def test_jobs_that_ended_at_the_same_moment_are_not_passed_over(
    lab: Lab, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    jobs = [ended(10) for _ in range(5)]
    lab.psql.update("completed_at = now() - interval '10 days'")
    tuned = lab.settings.model_copy(update={"retain_results_days": 7, "retain_histories_days": 7})
    delete_expired(lab.database, tuned, Deleted())
    assert {parts(lab.psql, job) for job in jobs} == {(True, False, False)}


def test_a_review_that_ends_later_brings_nothing_back_and_leaves_nothing_behind(
    lab: Lab, ended: Ended
) -> None:
    job = ended(10, "requires_review")
    lab.sweep(**EVERYTHING)
    approve_job(job.id, TENANT, "amelia", None, database=lab.database)
    lab.sweep(**EVERYTHING)
    assert parts(lab.psql, job) == (True, True, False)


def test_a_retry_without_its_source_says_where_that_went_and_a_new_result_is_there_again(
    lab: Lab, ended: Ended
) -> None:
    inline, elsewhere = ended(10, "failed"), ended(10, "failed", source_text=None)
    lab.sweep(**EVERYTHING)
    for job in (inline, elsewhere):
        lab.retry(job)
    assert lab.work(inline) is Outcome.FAILED
    assert "deleted by retention" in lab.psql.job(inline.id)["error_message"]
    lab.take(elsewhere).finish(FOUND)
    assert lab.psql.job(elsewhere.id)["results_deleted_at"] is None
    lab.sweep(**EVERYTHING)
    assert parts(lab.psql, elsewhere) == (True, True, True)


def test_a_dry_run_deletes_nothing(lab: Lab, ended: Ended) -> None:
    job = ended(100)
    lab.sweep(dry_run=True, **EVERYTHING)
    assert parts(lab.psql, job) == (True, True, True)


def test_a_sweep_that_finds_nothing_old_reads_hardly_anything_of_the_table(lab: Lab) -> None:
    """Its cost follows what is to be deleted, not what is kept, nor what was stripped of its parts already."""
    lab.psql(
        "INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type, status, completed_at, revision)"
        " SELECT 'acme', 'library', 'document', 'completed',"
        " now() - n * interval '1 hour', 1 FROM generate_series(1, 20000) AS n"
    )
    lab.psql("UPDATE kb.extraction_retention SET through = now() - interval '100 days'")
    lab.psql("VACUUM ANALYZE kb.object_extraction_jobs")
    for statement, keep in (
        ("delete_jobs", 900),
        ("delete_histories", 100),
        ("delete_results", 100),
    ):
        explained = lab.database.rows(
            b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + RETENTION[statement],
            {"keep": timedelta(days=keep), "batch": 200},
        )
        plan = explained[0]["QUERY PLAN"][0]["Plan"]
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 40, statement
