"""A row that a person has made odd does not keep the others: it can be read, swept and reset like any other."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from extraction_jobs import reading
from extraction_jobs.database import Database
from extraction_jobs.model import Job
from extraction_jobs.reading import JobFilter
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Report
from tests.conftest import TENANT, Psql


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
    listed = reading.list_jobs(TENANT, JobFilter(), 10, database=database, settings=settings)
    assert {job.id for job in listed.items} == {odd.id, other.id}
    assert all(job.created_at.tzinfo for job in listed.items)
    assert {job.id for job in sweep().recovered} == {odd.id, other.id}


def test_a_heartbeat_of_minus_infinity_makes_an_orphan(
    new_job: Callable[..., Job], sweep: Callable[..., Report], psql: Psql
) -> None:
    job = new_job()
    psql("UPDATE kb.object_extraction_jobs SET status = 'running', updated_at = '-infinity'")
    assert [swept.id for swept in sweep().recovered] == [job.id]


@pytest.mark.parametrize("column", ["source_metadata", "extraction_config"])
@pytest.mark.parametrize("value", ["[]", "7", "null", '"text"'])
def test_what_must_be_a_json_object_is_one(
    column: str, value: str, new_job: Callable[..., Job], psql: Psql
) -> None:
    new_job()
    with pytest.raises(psycopg.errors.CheckViolation):
        psql(f"UPDATE kb.object_extraction_jobs SET {column} = '{value}'")
