"""One organisation never sees, changes or learns of another's jobs, whatever it puts into a request."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.conftest import Psql
from tests.integration.conftest import CLAIMS, ORG, PROJECT, Api, JobsQueue, body
from tests.integration.lambda_events import SEED_JOB, Answer, calls_with

GLOBEX = {"sub": "hank", "custom:organisations": "globex"}

OF_A_JOB = [
    (method, path.partition(SEED_JOB)[2]) for method, path in calls_with("job_id", "project_id")
]


@pytest.fixture
def theirs(api: Api, psql: Psql, jobs_queue: JobsQueue) -> UUID:
    """A failed job of acme's, with a history and an object."""
    job_id = api.created(source_id="their secret")
    psql("UPDATE kb.object_extraction_jobs SET status = 'failed'")
    psql(
        "INSERT INTO kb.extracted_objects SELECT id, 1, 1, gen_random_uuid(), 'Note', '{}', '{}',"
        " 0.5, 0, 1 FROM kb.object_extraction_jobs"
    )
    jobs_queue.bodies()
    return job_id


# Each is a tenant that globex's token can come with, and the job is in none of them.
ELSEWHERE: dict[str, dict[str, str]] = {
    "its own organisation": {"org_id": "globex", "project_id": PROJECT},
    "the job's organisation": {"org_id": ORG, "project_id": PROJECT},
    "another case": {"org_id": ORG.upper(), "project_id": PROJECT},
    "spaces around": {"org_id": f" {ORG} ", "project_id": PROJECT},
    "both at once": {"org_id": f"globex,{ORG}", "project_id": PROJECT},
    "a wildcard": {"org_id": "%", "project_id": "%"},
    "SQL": {"org_id": "globex' OR '1'='1", "project_id": PROJECT},
    "a letter that looks the same": {"org_id": "аcme", "project_id": PROJECT},
    "a composed letter": {"org_id": "acme\u0301", "project_id": PROJECT},
}


def same_as_not_there(api: Api, answer: Answer, method: str, tail: str) -> None:
    """A job that is not there at all looks just the same."""
    nothing = api(
        method,
        f"/extraction-jobs/{uuid4()}{tail}",
        claims=GLOBEX,
        query=ELSEWHERE["its own organisation"],
    )
    assert answer.status == nothing.status == 404
    assert answer.text == nothing.text
    assert answer.headers == nothing.headers


@pytest.mark.parametrize(("method", "tail"), OF_A_JOB)
def test_a_job_of_another_is_404_and_stays_as_it_is(
    api: Api, psql: Psql, jobs_queue: JobsQueue, theirs: UUID, method: str, tail: str
) -> None:
    before = psql.everything()
    for tenant in ELSEWHERE.values():
        answer = api(method, f"/extraction-jobs/{theirs}{tail}", claims=GLOBEX, query=tenant)
        same_as_not_there(api, answer, method, tail)
    assert psql.everything() == before
    assert jobs_queue.bodies() == []


def test_a_job_of_another_project_is_404_to_its_own_organisation(
    api: Api, psql: Psql, theirs: UUID
) -> None:
    before = psql.everything()
    query = {"org_id": ORG, "project_id": "museum"}
    for method, tail in OF_A_JOB:
        assert api(method, f"/extraction-jobs/{theirs}{tail}", query=query).status == 404
    assert psql.everything() == before


NOT_OF_ACME: list[dict[str, Any] | None] = [
    None,
    {},
    {"sub": "x"},
    {"custom:organisations": ""},
    {"custom:organisations": None},
    {"custom:organisations": [None, 1]},
    {"custom:organisations": {"acme": True}},
    {"custom:organisations": True},
    {"custom:organisations": "acme2 xacme ac me"},
    {"organisations": "acme"},
    {"custom:organisations ": "acme"},
]


def test_a_token_that_does_not_name_the_organisation_gets_nowhere(
    api: Api, psql: Psql, theirs: UUID
) -> None:
    before = psql.everything()
    for claims in NOT_OF_ACME:
        for method, tail in OF_A_JOB:
            assert api(method, f"/extraction-jobs/{theirs}{tail}", claims=claims).status == 404
        for tail in ("", "/statistics", "/statistics/by-time", "/orphans", "/queues"):
            answer = api("GET", f"/extraction-jobs{tail}", claims=claims)
            assert answer.status == 403
            assert answer.faulty_fields == ["org_id"]
        made = api("POST", "/extraction-jobs", query=(), claims=claims, body=body())
        assert made.status == 403
        for org_id in ("None", "null", "True"):
            query = {"org_id": org_id, "project_id": PROJECT}
            assert api("GET", "/extraction-jobs", claims=claims, query=query).status == 403
    assert psql.everything() == before


def test_what_is_of_all_organisations_is_told_to_operators_only(
    api: Api, psql: Psql, theirs: UUID
) -> None:
    psql(
        "INSERT INTO kb.extraction_sweeps (started_at, recovered, failed, redispatched, errors)"
        f" VALUES (now(), 3, 2, 1, ARRAY['job {theirs} could not be changed: a fault'])"
    )
    own = {"org_id": "globex", "project_id": PROJECT}
    told = api("GET", "/extraction-jobs/statistics", claims=GLOBEX, query=own)
    assert (told.json["operator"], told.json["last_sweep"]) == (False, None)
    assert api("GET", "/extraction-jobs/queues", claims=GLOBEX, query=own).status == 403
    operator = GLOBEX | {"custom:operator": "true"}
    told = api("GET", "/extraction-jobs/statistics", claims=operator, query=own)
    assert told.json["operator"] is True
    assert str(theirs) in told.json["last_sweep"]["errors"][0]
    assert api("GET", "/extraction-jobs/queues", claims=operator, query=own).status == 200
    # An operator is no member of other organisations.
    assert api("GET", "/extraction-jobs", claims=operator).status == 403


def test_a_create_for_another_organisation_is_refused_and_makes_nothing(
    api: Api, psql: Psql, jobs_queue: JobsQueue
) -> None:
    answer = api("POST", "/extraction-jobs", query=(), claims=GLOBEX, body=body())
    assert (answer.status, answer.faulty_fields) == (403, ["org_id"])
    # The query is not where create looks.
    query = {"org_id": "globex", "project_id": PROJECT}
    assert api("POST", "/extraction-jobs", query=query, claims=GLOBEX, body=body()).status == 403
    assert psql("SELECT * FROM kb.object_extraction_jobs") == []
    assert jobs_queue.bodies() == []


def test_a_name_given_twice_in_a_body_is_one_and_the_same_for_the_check_and_the_row(
    api: Api, psql: Psql
) -> None:
    twice = '{"source_type": "document", "project_id": "p", "org_id": "%s", "org_id": "%s"}'
    assert api("POST", "/extraction-jobs", text=twice % (ORG, "globex")).status == 403
    assert api("POST", "/extraction-jobs", text=twice % ("globex", ORG)).status == 201
    assert [row["org_id"] for row in psql("SELECT org_id FROM kb.object_extraction_jobs")] == [ORG]


def test_lists_figures_and_orphans_show_ones_own_jobs_only(
    api: Api, psql: Psql, theirs: UUID
) -> None:
    psql("UPDATE kb.object_extraction_jobs SET status = 'running'")
    psql.make_idle(theirs, 30)
    own = {"claims": GLOBEX, "query": {"org_id": "globex", "project_id": PROJECT}}
    assert api("GET", "/extraction-jobs", **own).json["items"] == []
    assert api("GET", "/extraction-jobs/orphans", **own).json["items"] == []
    figures = api("GET", "/extraction-jobs/statistics", **own).json
    assert set(figures["counts"].values()) == {0}
    assert figures["orphans"] == 0
    assert figures["oldest_heartbeat_seconds"] is None
    assert len(api("GET", "/extraction-jobs/orphans").json["items"]) == 1


def test_a_cursor_of_another_tenant_opens_nothing(api: Api, theirs: UUID) -> None:
    for _ in range(2):
        api.created()
    query = {"org_id": ORG, "project_id": PROJECT, "limit": 1}
    cursor = api("GET", "/extraction-jobs", query=query).json["next_cursor"]
    own = {"org_id": "globex", "project_id": PROJECT, "cursor": cursor}
    answer = api("GET", "/extraction-jobs", claims=GLOBEX, query=own)
    assert answer.json == {"items": [], "next_cursor": None}


def test_a_header_cannot_stand_in_for_a_token(api: Api, theirs: UUID) -> None:
    headers = {
        "x-amzn-oidc-data": "acme",
        "x-organisations": ORG,
        "authorization": "Bearer e30.eyJjdXN0b206b3JnYW5pc2F0aW9ucyI6ImFjbWUifQ.",
        "x-http-method-override": "DELETE",
        "x-original-url": "/health",
    }
    answer = api("GET", f"/extraction-jobs/{theirs}", claims=None, headers=headers)
    assert answer.status == 404


def test_the_history_says_who_acted_as_the_token_has_it(api: Api, psql: Psql) -> None:
    claims = dict(CLAIMS) | {"sub": "a" * 600}
    answer = api("POST", "/extraction-jobs", query=(), body=body(), claims=claims)
    assert answer.json["created_by"] == "a" * 500
    api("POST", f"/extraction-jobs/{answer.json['id']}/cancel", claims=claims)
    assert psql.events(UUID(answer.json["id"]))[-1]["detail"] == {"caller": "a" * 500}
