"""What one organisation may have at once: pending jobs, bytes kept, dollars a day. The others go on."""

from __future__ import annotations

from typing import Any

from tests.conftest import Psql
from tests.integration.conftest import Api, Environment, Invoke, message, sqs_event
from tests.integration.lambda_events import Answer


def refused(answer: Answer, retry_after: range) -> str:
    """The sentence of a refusal."""
    assert answer.status == 429, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["title"] == "Too Many Requests"
    assert int(answer.headers["retry-after"]) in retry_after
    return str(answer.json["detail"])


def test_an_organisation_has_so_many_pending_jobs_and_another_has_its_own(
    api: Api, environment: Environment, work: Invoke
) -> None:
    environment(MAX_PENDING_JOBS="2")
    first = api.created()
    api.created(project_id="another of its projects")
    assert "At most 2 jobs" in refused(api.create(), range(60, 61))
    api.created(org_id="initech")
    work(sqs_event(message(first)))
    api.created()


def test_a_request_that_is_repeated_is_answered_though_the_bound_is_reached(
    api: Api, environment: Environment
) -> None:
    environment(MAX_PENDING_JOBS="1")
    key = {"Idempotency-Key": "once"}
    first = api.create(headers=key)
    assert first.status == 201
    again = api.create(headers=key)
    assert (again.status, again.json["id"]) == (201, first.json["id"])
    refused(api.create(), range(60, 61))


def test_an_organisation_may_have_bounds_of_its_own(
    api: Api, environment: Environment, psql: Psql
) -> None:
    psql("TRUNCATE kb.extraction_bounds")
    psql(
        "INSERT INTO kb.extraction_bounds (org_id, max_pending_jobs) VALUES ('acme', 2), ('yyy', 0)"
    )
    environment(MAX_PENDING_JOBS="1")
    for _ in range(2):
        api.created()
        api.created(org_id="yyy")
    refused(api.create(), range(60, 61))
    api.created(org_id="yyy")
    api.created(org_id="initech")
    refused(api.create(org_id="initech"), range(60, 61))
    psql("TRUNCATE kb.extraction_bounds")


def test_bytes_are_kept_up_to_a_bound_that_the_sweep_measures(
    api: Api, environment: Environment, work: Invoke, sweep: Invoke, psql: Psql
) -> None:
    psql("TRUNCATE kb.extraction_use")
    environment(MAX_KEPT_MEGABYTES="0.01")
    text = "Total: 12.50 EUR. " * 200
    ended = api.created(source_text=text)
    work(sqs_event(message(ended)))
    [row] = psql("SELECT kept_bytes, status FROM kb.object_extraction_jobs")
    assert row["status"] == "completed"
    assert row["kept_bytes"] > len(text)
    for _ in range(2):
        api.created(source_text=text)
    sweep()
    assert "0.01 MB" in refused(api.create(source_text=text), range(600, 601))
    api.created(org_id="initech", source_text=text)

    psql("DELETE FROM kb.object_extraction_jobs WHERE org_id = 'acme'")
    psql("UPDATE kb.extraction_use SET measured_at = now() - interval '1 hour'")
    sweep()
    sweep()
    api.created(source_text=text)


def test_an_organisation_spends_so_many_dollars_a_day(
    api: Api, environment: Environment, psql: Psql
) -> None:
    psql("TRUNCATE kb.extraction_spending")
    environment(MAX_COST_USD_PER_DAY="1.5")

    def spend(job: Any, dollars: float) -> None:
        """As each write of an attempt does: the figure is of the job so far."""
        psql(
            "UPDATE kb.object_extraction_jobs SET cost_usd = %(dollars)s WHERE id = %(id)s",
            {"id": job, "dollars": dollars},
        )

    first, second = api.created(), api.created()
    spend(first, 0.5)
    spend(first, 1.0)
    spend(second, 0.25)
    third = api.created()
    spend(third, 0.25)
    assert "1.5 US dollars a day" in refused(api.create(), range(1, 86_402))
    api.created(org_id="initech")
    psql("UPDATE kb.extraction_spending SET day = day - 1")
    api.created()
