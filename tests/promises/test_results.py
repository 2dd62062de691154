"""A result is checked before it is stored: each quote stands where it says, or nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import psycopg

from extraction import ChunkResult, Extraction, Run
from extraction_jobs import reasons
from extraction_jobs.queries import LIFECYCLE
from tests.line_extractor import LineExtractor

from .conftest import Lab, meddle, raising


def test_a_citation_that_does_not_quote_the_text_is_never_stored(lab: Lab) -> None:
    class Misquoting(LineExtractor):
        def result(self, run: Run, results: Sequence[ChunkResult]) -> Extraction:
            extraction = super().result(run, results)
            found = extraction.objects[0]
            found.evidence["value"]["citations"][0]["quote"] = "a secret of the document"
            return replace(extraction, objects=(found,))

    job = lab.new_job()
    assert lab.work(job, extractor=Misquoting()) == "will_retry"
    message = lab.psql.job(job.id)["error_message"]
    assert message.startswith("Unexpected MisquotedError in results.py")
    assert "secret" not in message
    assert lab.objects(job) == []


def test_a_result_that_postgres_cannot_hold_fails_the_job_at_once_and_says_why(lab: Lab) -> None:
    """One string of jsonb holds 268,435,455 bytes; to make a longer one takes a gigabyte of memory."""
    database = lab.open_database()
    meddle(database, LIFECYCLE["finish"], before=raising(psycopg.errors.ProgramLimitExceeded()))
    job = lab.new_job()
    assert lab.work(job, database=database) == "failed"
    row = lab.psql.job(job.id)
    assert (row["attempt"], row["error_message"]) == (1, reasons.RESULT_TOO_LARGE)
    assert lab.objects(job) == []
