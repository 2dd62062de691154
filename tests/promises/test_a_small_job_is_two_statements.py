"""Promise 20: a document of one chunk takes two statements after its create, claim and finish, and loses nothing by it.

What could go wrong. What `start_chunks` and `checkpoint` write for a longer document is forgotten: the text that spans
point into, the figures of progress, the extractor's name. A chunk that a model was paid for is asked for again, because
nothing was kept when its end could not be written.

What must hold. A job that ends at once looks as one that took the long way. What does not come to its end is kept. The
fence, faults of the database, and kills at each step: see test_the_fence_holds, test_the_database_may_fail,
test_bounded_recovery, test_any_sequence.
"""

from __future__ import annotations

import pytest
from psycopg.rows import DictRow

from extraction import OfflineExtractor
from extraction_jobs import extracting
from extraction_jobs.database import Database, Params
from extraction_jobs.model import Job
from extraction_jobs.queries import LIFECYCLE
from tests.conftest import Psql
from tests.line_extractor import LineExtractor

from .conftest import Lab

TEXT = "Invoice number: INV-2024-117\nInvoice date: 2024-03-05\nTotal: 10.50 EUR\n"
# What cannot be the same of two jobs; and the source is counted compressed where a text comes after its job.
OF_ONE_JOB = {"id", "trace", "revision", "kept_bytes"}
NAMES = {body: name for name, body in LIFECYCLE.items()}


def test_a_document_of_one_chunk_takes_two_statements_after_its_create(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    real = Database.rows

    def tell(self: Database, statement: bytes, params: Params | None = None) -> list[DictRow]:
        sent.append(NAMES.get(statement, statement.decode()))
        return real(self, statement, params)

    job = lab.new_job(source_text=TEXT)
    monkeypatch.setattr(Database, "rows", tell)
    assert lab.work(job, extractor=OfflineExtractor()) == "completed"
    assert sent == ["claim", "finish"]


def test_a_job_that_ends_at_once_looks_as_one_that_took_the_long_way(lab: Lab) -> None:
    long, short = lab.new_job(source_text=TEXT), lab.new_job(source_text=TEXT)
    lab.psql.update("total_items = 1", long)
    steps: dict[str, list[str]] = {"long": [], "short": []}
    for name, job in {"long": long, "short": short}.items():
        worker = lab.new_worker(extractor=OfflineExtractor(), on_step=steps[name].append)
        assert worker.work(job.id) == "completed"
    assert [step for step in steps["long"] if step not in steps["short"]] == ["checkpointed"]
    assert _all_of(lab.psql, short) == _all_of(lab.psql, long)
    row = lab.psql.job(short.id)
    assert (row["total_items"], row["processed_items"], row["successful_items"]) == (1, 1, 1)
    assert row["kept_bytes"] > 2 * len(TEXT)


def test_a_chunk_whose_end_could_not_be_written_is_not_extracted_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = lab.new_job(source_text="A: 1\n")
    with monkeypatch.context() as faulty:
        faulty.delattr(extracting, "to_result")
        assert lab.work(job) == "will_retry"
    assert lab.psql.job(job.id)["processed_items"] == 1
    lab.psql.update("run_after = now()")
    extracted: list[int] = []
    worker = lab.new_worker(extractor=LineExtractor(before_chunk=extracted.append))
    assert worker.work(job.id) == "completed"
    assert extracted == []
    assert lab.psql.job(job.id)["objects_found"] == 1


def _all_of(psql: Psql, job: Job) -> dict[str, list[DictRow]]:
    """Every row of a job, without what is its own alone and without times."""
    named = {"object_extraction_jobs": "id"}
    tables = (
        *("object_extraction_jobs", "extraction_documents", "extraction_chunks"),
        *("extraction_job_events", "extracted_objects", "extracted_relationships"),
    )
    rows = {
        table: psql(
            f"SELECT * FROM kb.{table} WHERE {named.get(table, 'job_id')} = %(id)s ORDER BY 2, 3",
            {"id": job.id},
        )
        for table in tables
    }
    return {
        table: [
            {
                name: value
                for name, value in row.items()
                if name not in OF_ONE_JOB | {"job_id"}
                and not name.endswith(("at", "_after", "_mark"))
            }
            for row in found
        ]
        for table, found in rows.items()
    }
