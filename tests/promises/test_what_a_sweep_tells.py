"""What a sweep did can be read: in the log, in the statistics, in each job's own message."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from extraction_jobs import reading, reasons
from extraction_jobs.database import Database
from extraction_jobs.model import Job
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Report
from tests.conftest import TENANT, Psql


def test_the_sentences_that_operators_grep_for_are_logged(
    orphans: Callable[[int], list[Job]],
    sweep: Callable[..., Report],
    caplog: pytest.LogCaptureFixture,
    psql: Psql,
) -> None:
    caplog.set_level("INFO")
    [job] = orphans(1)
    started = psql.job(job.id)["started_at"]
    sweep()
    sweep()
    assert [record.getMessage() for record in caplog.records] == [
        f"Recovered 1 orphaned extraction job(s) from 'running' to 'pending': {job.id}",
        f"  - Job {job.id} (document) was running since {started.isoformat()}",
        "No orphaned extraction jobs found - all clear",
    ]
    assert psql.job(job.id)["error_message"] == "Job was interrupted and has been reset to pending."


def test_what_a_sweep_did_is_kept_for_the_statistics(
    orphans: Callable[[int], list[Job]],
    sweep: Callable[..., Report],
    database: Database,
    settings: Settings,
) -> None:
    orphans(2)
    sweep()
    found = reading.statistics(TENANT, database=database, settings=settings).last_sweep
    assert found is not None
    assert (found["recovered"], found["failed"], found["redispatched"], found["errors"]) == (
        2,
        0,
        2,
        [],
    )


def test_reasons_are_appended_and_never_grow_without_bound(
    orphans: Callable[[int], list[Job]], sweep: Callable[..., Report], psql: Psql
) -> None:
    [job] = orphans(1)
    psql("UPDATE kb.object_extraction_jobs SET error_message = repeat('x', 30000) || ' Earlier.'")
    sweep()
    message = psql.job(job.id)["error_message"]
    assert message.endswith("Earlier.\n\n" + reasons.INTERRUPTED)
    assert len(message) == 20_000
