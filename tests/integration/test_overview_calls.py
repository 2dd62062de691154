"""What somebody who watches over the jobs asks: where to look, what is stuck, what may be done, how it has gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from extraction_aws.clients import client
from extraction_jobs import listing
from extraction_jobs.by_hand import ACTIONS
from extraction_jobs.model import JobStatus
from extraction_jobs.queries import READS
from tests.conftest import Psql
from tests.integration.conftest import OPERATOR, ORG, PROJECT, Api, Environment, JobsQueue

OWN = {"org_id": ORG, "project_id": PROJECT}
GLOBEX = {"sub": "hank", "custom:organisations": "globex"}


def _sources(page: dict[str, Any]) -> list[str]:
    return [job["source_id"] for job in page["items"]]


def _pages(api: Api, **query: object) -> Iterator[dict[str, Any]]:
    cursor: dict[str, str] = {}
    while True:
        page = api("GET", "/extraction-jobs", query=OWN | query | cursor).json
        yield page
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("SIBLING", ["b-sibling", "a-sibling"], id="in capitals or not"),
        pytest.param("%", [], id="a wildcard is a letter like any other"),
        pytest.param("throttled", ["a-sibling"], id="the error"),
        pytest.param("s3://sources/acme/x", ["by-address"], id="the address"),
        pytest.param("ü✓", ["ü✓"], id="any script"),
    ],
)
def test_jobs_are_found_by_a_text(api: Api, psql: Psql, text: str, found: list[str]) -> None:
    for name in ("a-sibling", "b-sibling", "ü✓", "by-address"):
        api.created(source_id=name)
    psql("UPDATE kb.object_extraction_jobs SET error_message = 'Throttled.' WHERE source_id ^@ 'a'")
    psql(
        "UPDATE kb.object_extraction_jobs SET source_uri = 's3://sources/acme/x.pdf'"
        " WHERE source_id = 'by-address'"
    )
    assert _sources(api("GET", "/extraction-jobs", query=OWN | {"text": text}).json) == found


def test_a_job_is_found_by_the_end_of_its_id_and_within_the_other_filters(api: Api) -> None:
    job_id = str(api.created(source_id="it", source_type="email"))
    query = OWN | {"text": job_id[-8:].upper()}
    assert _sources(api("GET", "/extraction-jobs", query=query).json) == ["it"]
    for other in ({"source_type": "document"}, {"status": "failed"}, {"stuck": "true"}):
        assert api("GET", "/extraction-jobs", query=query | other).json["items"] == []


def test_a_search_looks_at_so_many_jobs_a_page_and_goes_on_where_it_stopped(
    api: Api, psql: Psql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "SEARCHED_JOBS", 3)
    for number in range(8):
        api.created(source_id=f"needle-{number}" if number in {0, 6} else "hay")
    psql("UPDATE kb.object_extraction_jobs SET status = 'failed' WHERE source_id = 'needle-0'")
    assert [_sources(page) for page in _pages(api, text="needle")] == [
        ["needle-6"],
        [],
        ["needle-0"],
    ]


@pytest.mark.parametrize("by", ["its id", "its id in capitals", "its source id"])
def test_a_job_is_found_by_its_id_or_source_id_however_old_it_is_and_only_once(
    api: Api, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.setattr(listing, "SEARCHED_JOBS", 3)
    old = str(api.created(source_id="needle"))
    for number in range(4):
        api.created(source_id="hay" if number else "a needle, too")
    text = {"its id": old, "its id in capitals": old.upper(), "its source id": "needle"}[by]
    pages = [_sources(page) for page in _pages(api, text=text)]
    assert pages[0] == ["needle"]
    found = [name for page in pages for name in page]
    assert found == (["needle", "a needle, too"] if "source" in by else ["needle"])
    for other in ({"source_type": "email"}, {"status": "failed"}, {"stuck": "true"}):
        assert [_sources(page) for page in _pages(api, text=text, **other)] == [[]]


def test_jobs_of_one_source_id_are_paged_before_those_that_only_hold_it(api: Api) -> None:
    ids = {str(api.created(source_id="needle")) for _ in range(3)}
    api.created(source_id="another needle")
    pages = [page["items"] for page in _pages(api, text="needle", limit=2)]
    assert [len(page) for page in pages] == [2, 2]
    assert {job["id"] for page in pages for job in page[:3]} > ids
    assert [job["source_id"] for job in pages[1]] == ["needle", "another needle"]


def test_a_search_that_fills_its_page_goes_on_after_the_last_job_shown(api: Api) -> None:
    for number in range(5):
        api.created(source_id=f"needle-{number}")
    found = [_sources(page) for page in _pages(api, text="needle", limit=2)]
    assert found == [["needle-4", "needle-3"], ["needle-2", "needle-1"], ["needle-0"]]


def test_a_search_shows_no_other_tenants_jobs(api: Api) -> None:
    job_id = api.created(source_id="needle")
    for text in ("needle", "need", str(job_id)):
        query = {"org_id": "globex", "project_id": PROJECT, "text": text}
        assert api("GET", "/extraction-jobs", claims=GLOBEX, query=query).json["items"] == []


def test_a_running_job_tells_its_heartbeats_age_and_whether_it_is_an_orphan(
    api: Api, psql: Psql
) -> None:
    stuck, lively, waiting = (api.created(source_id=name) for name in "abc")
    for job_id, minutes in ((stuck, 10), (lively, 1)):
        psql(f"UPDATE kb.object_extraction_jobs SET status = 'running' WHERE id = '{job_id}'")
        psql.make_idle(job_id, minutes)
    one = api("GET", f"/extraction-jobs/{stuck}").json
    listed = {job["id"]: job for job in api("GET", "/extraction-jobs").json["items"]}
    assert one["orphan"] is listed[str(stuck)]["orphan"] is True
    assert one["idle_seconds"] == pytest.approx(600, abs=60)
    assert listed[str(lively)]["orphan"] is False
    assert listed[str(waiting)] | {"idle_seconds": None, "orphan": False} == listed[str(waiting)]


@pytest.mark.parametrize("status", JobStatus)
def test_the_actions_that_a_job_lists_are_those_that_it_allows(
    api: Api, psql: Psql, status: JobStatus
) -> None:
    job_id = api.created()
    for action in ACTIONS:
        psql(f"UPDATE kb.object_extraction_jobs SET status = '{status}', revision = revision + 1")
        listed = api("GET", f"/extraction-jobs/{job_id}").json["actions"]
        method, tail = ("DELETE", "") if action == "delete" else ("POST", f"/{action}")
        answer = api(method, f"/extraction-jobs/{job_id}{tail}")
        assert (answer.status < 300) == (action in listed), (status, action, answer.text)


def test_a_caller_learns_where_he_may_look(api: Api, psql: Psql) -> None:
    for org_id, project_id in (
        *(("acme", "museum"), ("acme", "library"), ("acme", "library")),
        *(("initech", "tps"), ("globex", "secret")),
    ):
        psql(
            "INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type)"
            f" VALUES ('{org_id}', '{project_id}', 'document')"
        )
    assert api("GET", "/extraction-jobs/projects", query=()).json == {
        "organisations": ["acme", "initech", "yyy"],
        "items": [
            {"org_id": "acme", "project_id": "library", "pause": None},
            {"org_id": "acme", "project_id": "museum", "pause": None},
            {"org_id": "initech", "project_id": "tps", "pause": None},
        ],
    }
    nobody = api("GET", "/extraction-jobs/projects", query=(), claims={"sub": "x"}).json
    assert nobody == {"organisations": [], "items": []}


def test_a_caller_learns_which_project_a_job_is_in_if_it_is_his(api: Api) -> None:
    job_id = api.created(project_id="museum")
    query = {"job_id": job_id}
    found = api("GET", "/extraction-jobs/projects", query=query).json["items"]
    assert found == [{"org_id": ORG, "project_id": "museum", "pause": None}]
    for claims in (GLOBEX, {"sub": "x"}):
        answer = api("GET", "/extraction-jobs/projects", query=query, claims=claims)
        assert answer.json["items"] == []
    assert api("GET", "/extraction-jobs/projects", query={"job_id": "x"}).status == 422


def test_jobs_are_counted_by_when_they_were_made_and_what_has_become_of_them(
    api: Api, psql: Psql
) -> None:
    new = [api.created() for _ in range(3)]
    psql(f"UPDATE kb.object_extraction_jobs SET status = 'failed' WHERE id = '{new[0]}'")
    # Made five hours ago: the time is in the id.
    psql(
        "INSERT INTO kb.object_extraction_jobs (id, org_id, project_id, source_type, status) VALUES ((lpad(to_hex("
        " ((extract(epoch FROM now()) - 5 * 3600) * 1000)::bigint), 12, '0') || '7000a000000000000000')::uuid,"
        " 'acme', 'library', 'document', 'completed')"
    )
    query = OWN | {"window": "day"}
    found = api("GET", "/extraction-jobs/statistics/by-time", query=query).json
    starts = [datetime.fromisoformat(each["starts_at"]) for each in found["items"]]
    assert len(starts) == 24
    assert {(after - before).total_seconds() for before, after in pairwise(starts)} == {3600}
    counts = [each["counts"] for each in found["items"]]
    assert set(counts[0]) == set(JobStatus)
    # A new hour may have begun meanwhile.
    assert sum(each["failed"] for each in counts[-2:]) == 1
    assert sum(each["pending"] for each in counts[-2:]) == 2
    assert sum(each["completed"] for each in counts[-7:-4]) == 1
    assert sum(sum(each.values()) for each in counts) == 4
    hour = api("GET", "/extraction-jobs/statistics/by-time", query=OWN | {"window": "hour"}).json
    assert sum(sum(each["counts"].values()) for each in hour["items"]) == 3
    wrong = api("GET", "/extraction-jobs/statistics/by-time", query=OWN | {"window": "year"})
    assert (wrong.status, wrong.faulty_fields) == (422, ["window"])


def test_counts_over_time_can_be_told_from_the_index_alone(psql: Psql) -> None:
    psql("SET enable_seqscan = off; SET enable_bitmapscan = off")
    [row] = psql(
        "EXPLAIN (FORMAT JSON) " + READS["jobs_by_time"].decode(),
        {
            "org_id": "acme",
            "project_id": "library",
            "statuses": list(JobStatus),
            "stretch": "1 hour",
            "stretches": 24,
        },
    )
    scans = [node for node in _nodes(row["QUERY PLAN"][0]["Plan"]) if node.get("Relation Name")]
    assert [node["Node Type"] for node in scans] == ["Index Only Scan"]
    assert "Filter" not in scans[0]


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def test_the_queues_tell_how_full_they_are(
    api: Api, jobs_queue: JobsQueue, environment: Environment
) -> None:
    dead = client("sqs").create_queue(QueueName="dead")["QueueUrl"]
    client("sqs").send_message(QueueUrl=dead, MessageBody="x")
    environment(DEAD_LETTER_QUEUE_URL=dead)
    for _ in range(2):
        api.created()
    found = api("GET", "/extraction-jobs/queues", claims=OPERATOR).json
    assert found["jobs"] == {"waiting": 2, "delayed": 0, "in_flight": 0}
    assert found["dead_letters"] == {"waiting": 1, "delayed": 0, "in_flight": 0}
    assert found["failed_sweeps"] is None
    jobs_queue.delete()
    found = api("GET", "/extraction-jobs/queues", claims=OPERATOR).json
    assert found["jobs"] is None, "one that does not answer"
    assert found["dead_letters"]["waiting"] == 1, "keeps no other from being told"
