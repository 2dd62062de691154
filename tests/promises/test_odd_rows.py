"""A row that a person has made odd does not keep the others: it can be read, swept and reset like any other."""

from __future__ import annotations

import pytest

from extraction_jobs import listing
from extraction_jobs.listing import JobFilter
from tests.conftest import TENANT
from tests.line_extractor import LineExtractor

from .conftest import Lab


@pytest.mark.parametrize(
    "when", ["-infinity", "infinity", "4000-01-01 BC", "20000-01-01", "0001-01-01"]
)
def test_times_that_python_does_not_have_can_be_read_and_swept(lab: Lab, when: str) -> None:
    odd, other = lab.new_job(), lab.new_job()
    lab.psql.update(
        f"status = 'running', started_at = '{when}', updated_at = now() - interval '1 hour'"
    )
    lab.psql.update(f"created_at = '{when}'", odd)
    listed = listing.list_jobs(
        TENANT, JobFilter(), 10, database=lab.database, settings=lab.settings
    )
    assert {job.id for job in listed.items} == {odd.id, other.id}
    assert all(job.created_at.tzinfo for job in listed.items)
    assert {job.id for job in lab.sweep().recovered} == {odd.id, other.id}


def test_a_deadline_brought_forward_by_hand_is_noticed_at_the_next_checkpoint(lab: Lab) -> None:
    job = lab.new_job(source_text="A: 1\nB: 2\nC: 3\n")
    done: list[int] = []

    def bring_it_forward(index: int) -> None:
        done.append(index)
        lab.psql.make_overdue(job.id)

    assert lab.work(job, extractor=LineExtractor(before_chunk=bring_it_forward)) == "failed"
    assert done == [0]


def test_no_trigger_overwrites_an_updated_at_that_a_statement_sets(lab: Lab) -> None:
    job = lab.new_job()
    for status in ("running", "pending", "failed"):
        lab.psql.update(f"status = '{status}', updated_at = '2020-01-02 03:04:05+00'")
        assert lab.psql.job(job.id)["updated_at"].isoformat() == "2020-01-02T03:04:05+00:00"
