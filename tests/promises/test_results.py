"""A result is checked before it is stored: each quote stands where it says, or nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import psycopg
import pytest
from psycopg.rows import DictRow

from extraction import ChunkResult, Extraction, Run
from extraction_jobs import reasons
from extraction_jobs.database import Params
from extraction_jobs.queries import LIFECYCLE
from tests.line_extractor import LineExtractor

from .conftest import Lab


def test_a_citation_that_does_not_quote_the_text_is_never_stored(lab: Lab) -> None:
    class Misquoting(LineExtractor):
        def result(self, run: Run, results: Sequence[ChunkResult]) -> Extraction:
            extraction = super().result(run, results)
            found = extraction.objects[0]
            found.evidence["value"]["citations"][0]["quote"] = "a secret of the document"
            return replace(extraction, objects=(found,))

    job = lab.new_job()
    assert lab.new_worker(extractor=Misquoting()).work(job.id) == "will_retry"
    message = lab.psql.job(job.id)["error_message"]
    assert message.startswith("Unexpected MisquotedError in results.py")
    assert "secret" not in message
    assert lab.psql("SELECT * FROM kb.extracted_objects") == []


def test_a_result_that_postgres_cannot_hold_fails_the_job_at_once_and_says_why(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One string of jsonb holds 268,435,455 bytes; to make a longer one takes a gigabyte of memory."""
    database = lab.open_database()
    real = database.rows

    def too_long(statement: bytes, params: Params | None = None) -> list[DictRow]:
        if statement == LIFECYCLE["finish"]:
            raise psycopg.errors.ProgramLimitExceeded
        return real(statement, params)

    monkeypatch.setattr(database, "rows", too_long)
    job = lab.new_job()
    assert lab.new_worker(database=database).work(job.id) == "failed"
    row = lab.psql.job(job.id)
    assert row["attempt"] == 1
    assert row["error_message"] == reasons.RESULT_TOO_LARGE
    assert lab.psql("SELECT * FROM kb.extracted_objects") == []
