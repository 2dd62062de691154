"""Many jobs in one call: what it takes, answers and refuses."""

from __future__ import annotations

from typing import Any

from tests.conftest import Psql
from tests.integration.conftest import ORG, PROJECT, Api, JobsQueue
from tests.integration.lambda_events import Answer, event_of

JOB = {"source_type": "document", "source_text": "Owner: Amelia Ortiz"}


def create(api: Api, jobs: object, **fields: Any) -> Answer:
    return api(
        "POST",
        "/extraction-jobs/batch",
        query=(),
        body={"org_id": ORG, "project_id": PROJECT, "jobs": jobs} | fields,
    )


def test_the_event_of_a_batch_makes_its_jobs_once(
    api: Api, psql: Psql, jobs_queue: JobsQueue
) -> None:
    first, again = (api.send(event_of("create-batch")) for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    rows = psql("SELECT id::text, source_id, created_by FROM kb.object_extraction_jobs ORDER BY id")
    assert [row["id"] for row in rows] == first.json["ids"]
    assert [row["source_id"] for row in rows] == ["minutes-1", "minutes-2"]
    assert all(row["created_by"] for row in rows)
    assert {each["job_id"] for each in jobs_queue.bodies()} == set(first.json["ids"])


NOT_TAKEN: list[tuple[object, str]] = [
    ([], "jobs"),
    ([JOB] * 101, "jobs"),
    ([JOB, JOB | {"source_type": "No!"}], "jobs.1.source_type"),
    ([JOB, JOB | {"org_id": "acme"}], "jobs.1.org_id"),
    ([JOB, JOB | {"source_base64": "YQ=="}], "jobs.1.source_base64"),
    (
        [JOB, JOB | {"extraction_config": {"object_types": ["nothing"]}}],
        "jobs.1.extraction_config.object_types.0",
    ),
]


def test_one_bad_job_is_named_and_none_is_made(api: Api, psql: Psql) -> None:
    for jobs, field in NOT_TAKEN:
        answer = create(api, jobs)
        assert answer.status == 422
        assert field in answer.faulty_fields
    assert create(api, [JOB], org_id="others").status == 403
    assert psql("SELECT id FROM kb.object_extraction_jobs") == []
