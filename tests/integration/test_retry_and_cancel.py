"""Retry and cancel through the API: when they are allowed, and what they leave behind."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.conftest import Psql
from tests.integration.conftest import Api, JobsQueue, Nothing


@pytest.mark.parametrize("status", ["pending", "completed", "cancelled", "requires_review"])
def test_a_job_that_is_neither_running_nor_failed_is_not_retried(
    api: Api, psql: Psql, jobs_queue: JobsQueue, seed_job: UUID, status: str
) -> None:
    psql(f"UPDATE kb.object_extraction_jobs SET status = '{status}'")
    nothing = Nothing(psql)
    answer = api("POST", f"/extraction-jobs/{seed_job}/retry")
    assert answer.status == 400
    assert answer.json["detail"] == f"Cannot retry job with status: {status}"
    assert not nothing.changed()
    assert jobs_queue.bodies() == []


@pytest.mark.parametrize("status", ["completed", "cancelled", "requires_review", "failed"])
def test_a_job_that_has_ended_is_not_cancelled(
    api: Api, psql: Psql, seed_job: UUID, status: str
) -> None:
    psql(f"UPDATE kb.object_extraction_jobs SET status = '{status}'")
    nothing = Nothing(psql)
    answer = api("POST", f"/extraction-jobs/{seed_job}/cancel")
    assert answer.status == 400
    assert answer.json["detail"] == f"Cannot cancel job with status: {status}"
    assert not nothing.changed()


@pytest.mark.parametrize("status", ["running", "failed"])
def test_a_retry_gives_a_fresh_budget_keeps_the_history_and_never_lowers_the_lease(
    api: Api, psql: Psql, seed_job: UUID, status: str
) -> None:
    psql(
        f"UPDATE kb.object_extraction_jobs SET status = '{status}', revision = revision + 1,"
        " attempt = max_attempts, lease = 9, deadline_at = now(), completed_at = now(),"
        " error_message = 'It broke.', run_after = now() + interval '1 day'"
    )
    before = psql.job(seed_job)
    history = psql.events(seed_job)
    assert api("POST", f"/extraction-jobs/{seed_job}/retry").status == 200
    after = psql.job(seed_job)
    assert (after["status"], after["attempt"], after["lease"]) == ("pending", 0, 9)
    assert after["deadline_at"] is None
    assert after["completed_at"] is None
    assert after["run_after"] < before["run_after"]
    assert after["error_message"] == "It broke.\n\nJob was manually retried."
    *kept, event = psql.events(seed_job)
    assert kept == history
    assert (event["actor"], event["from_status"], event["to_status"]) == ("api", status, "pending")
    assert event["reason"] == "Job was manually retried."
    assert event["detail"] == {"caller": "amelia"}


def test_retries_go_on_for_ever_without_the_error_message_growing_for_ever(
    api: Api, psql: Psql, seed_job: UUID
) -> None:
    psql(
        "UPDATE kb.object_extraction_jobs SET status = 'failed', error_message = repeat('x', 30000)"
    )
    assert api("POST", f"/extraction-jobs/{seed_job}/retry").status == 200
    message = psql.job(seed_job)["error_message"]
    assert len(message) <= 20_000
    assert message.endswith("\n\nJob was manually retried.")


def test_a_body_that_comes_with_a_retry_is_not_looked_at(
    api: Api, psql: Psql, seed_job: UUID
) -> None:
    psql("UPDATE kb.object_extraction_jobs SET status = 'failed'")
    body = {"org_id": "globex", "status": "completed"}
    assert api("POST", f"/extraction-jobs/{seed_job}/retry", body=body).json["status"] == "pending"
