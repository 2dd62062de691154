"""The same request twice, and at the same moment: it acts once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from extraction_jobs.create import Created, NewJob, create_job
from extraction_jobs.database import Database
from extraction_jobs.settings import Settings
from tests.conftest import TENANT, MemoryQueue, Psql
from tests.integration.conftest import Api, JobsQueue
from tests.waiting import until

WAITING = (
    "SELECT count(*) AS n FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
HOLD_KEY = b"""
    INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type, idempotency_key)
    VALUES ('acme', 'library', 'document', 'k')"""


def test_one_key_at_the_same_moment_makes_one_job_and_one_message(
    open_database: Callable[[], Database],
    queue: MemoryQueue,
    settings: Settings,
    psql: Psql,
    empty_tables: str,
) -> None:
    """Another session holds the key until all requests wait for it: they are at it at the same moment."""
    new = NewJob(TENANT, "document", idempotency_key="k")

    def create(database: Database) -> Created:
        return create_job(new, database=database, queue=queue, settings=settings)

    with ThreadPoolExecutor(3) as pool, psycopg.connect(empty_tables) as held:
        held.execute(HOLD_KEY)
        asked = [pool.submit(create, open_database()) for _ in range(3)]
        until(lambda: psql(WAITING)[0]["n"] == len(asked))
        held.rollback()
        made = [each.result(20) for each in asked]
    assert len({each.job.id for each in made}) == 1
    assert sorted(each.replayed for each in made) == [False, True, True]
    assert len(queue.sent) == 1
    assert len(psql("SELECT id FROM kb.extraction_job_events")) == 1


def test_a_key_replays_the_first_job_as_it_is_now(
    api: Api, psql: Psql, jobs_queue: JobsQueue
) -> None:
    key = {"Idempotency-Key": "k, with a comma"}
    first = api.create(headers=key)
    assert "idempotency-replayed" not in first.headers
    api("POST", f"/extraction-jobs/{first.json['id']}/cancel")
    second = api.create(headers=key)
    assert second.status == 201
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["location"] == first.headers["location"]
    assert second.json["status"] == "cancelled"
    assert len(jobs_queue.bodies()) == 1
    other = api.create(headers={"Idempotency-Key": "k, with another"})
    assert other.json["id"] != first.json["id"]


def test_a_key_with_another_body_is_refused_whatever_the_field(api: Api, psql: Psql) -> None:
    key = {"Idempotency-Key": "k"}
    assert api.create(headers=key).status == 201
    others: list[dict[str, Any]] = [
        {"source_type": "email"},
        {"source_id": "x"},
        {"source_text": "y"},
        {"source_text": None, "source_base64": "YQ=="},
        {"source_media_type": "text/plain"},
        {"source_metadata": {"a": 1}},
        {"extraction_config": {"min_confidence": 0.1}},
        {"max_attempts": 3},
        {"timeout_minutes": 30},
    ]
    for changes in others:
        answer = api.create(headers=key, **changes)
        assert (answer.status, answer.faulty_fields) == (422, ["Idempotency-Key"])
    assert len(psql("SELECT id FROM kb.object_extraction_jobs")) == 1


def test_a_key_is_its_own_tenants_only(api: Api, psql: Psql) -> None:
    """Neither another organisation nor another project can hit, or find out about, a key in use."""
    key = {"Idempotency-Key": "k"}
    tenants: list[dict[str, str]] = [{}, {"project_id": "museum"}, {"org_id": "initech"}]
    ids = {api.create(headers=key, **tenant).json["id"] for tenant in tenants}
    assert len(ids) == 3
    assert api.create(headers=key, org_id="initech", source_text="Another").status == 422
    assert len(psql("SELECT id FROM kb.object_extraction_jobs")) == 3
