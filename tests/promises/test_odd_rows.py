"""A row that a person has made odd does not keep the others: it can be read, swept and reset like any other."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from extraction_jobs import listing
from extraction_jobs.database import Database
from extraction_jobs.listing import JobFilter
from extraction_jobs.model import Job
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Report
from tests.conftest import TENANT, Psql
from tests.line_extractor import LineExtractor

from .conftest import NewWorker, Take


@pytest.mark.parametrize(
    "when", ["-infinity", "infinity", "4000-01-01 BC", "20000-01-01", "0001-01-01"]
)
def test_times_that_python_does_not_have_can_be_read_and_swept(
    when: str,
    new_job: Callable[..., Job],
    sweep: Callable[..., Report],
    database: Database,
    settings: Settings,
    psql: Psql,
) -> None:
    odd, other = new_job(), new_job()
    psql(
        f"UPDATE kb.object_extraction_jobs SET status = 'running', started_at = '{when}',"
        " updated_at = now() - interval '1 hour'"
    )
    psql(
        f"UPDATE kb.object_extraction_jobs SET created_at = '{when}' WHERE id = %(id)s",
        {"id": odd.id},
    )
    listed = listing.list_jobs(TENANT, JobFilter(), 10, database=database, settings=settings)
    assert {job.id for job in listed.items} == {odd.id, other.id}
    assert all(job.created_at.tzinfo for job in listed.items)
    assert {job.id for job in sweep().recovered} == {odd.id, other.id}


@pytest.mark.parametrize("column", ["source_metadata", "extraction_config"])
@pytest.mark.parametrize("value", ["[]", "7", "null", '"text"'])
def test_what_must_be_a_json_object_is_one(
    column: str, value: str, new_job: Callable[..., Job], psql: Psql
) -> None:
    new_job()
    with pytest.raises(psycopg.errors.CheckViolation):
        psql(f"UPDATE kb.object_extraction_jobs SET {column} = '{value}'")


def test_a_deadline_brought_forward_by_hand_is_noticed_at_the_next_checkpoint(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql
) -> None:
    job = new_job(source_text="A: 1\nB: 2\nC: 3\n")
    done: list[int] = []

    def bring_it_forward(index: int) -> None:
        done.append(index)
        psql.make_overdue(job.id)

    assert (
        new_worker(extractor=LineExtractor(before_chunk=bring_it_forward)).work(job.id) == "failed"
    )
    assert done == [0]


@pytest.mark.parametrize("minutes", ["1e300", "'infinity'"])
def test_a_limit_beyond_all_measure_is_cut_to_the_maximum(
    minutes: str, new_job: Callable[..., Job], take: Take, psql: Psql
) -> None:
    job = new_job()
    psql(f"UPDATE kb.object_extraction_jobs SET timeout_minutes = {minutes}")
    take(job)
    [row] = psql(
        "SELECT extract(epoch FROM deadline_at - started_at)::int / 60 AS minutes FROM kb.object_extraction_jobs"
    )
    assert row["minutes"] == 240


def test_no_trigger_overwrites_an_updated_at_that_a_statement_sets(
    new_job: Callable[..., Job], psql: Psql
) -> None:
    job = new_job()
    for status in ("running", "pending", "failed"):
        psql(
            f"UPDATE kb.object_extraction_jobs SET status = '{status}', updated_at = '2020-01-02 03:04:05+00'"
        )
        assert psql.job(job.id)["updated_at"].isoformat() == "2020-01-02T03:04:05+00:00"
