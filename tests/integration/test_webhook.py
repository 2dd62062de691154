"""An organisation sets its webhook over the API, and the deployed functions call it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import migrate as migrate_function
from tests.conftest import Psql
from tests.integration import conftest
from tests.integration.conftest import ORG, Api, Environment, Invoke, Logs, message, sqs_event
from tests.integration.lambda_events import Answer, event_of, lambda_context
from tests.serving import Asked, Reply, answering

PATH = "/extraction-jobs/webhook"
URL = "https://hooks.example.com/jobs?token=only-for-us-4711"
WHOSE = {"org_id": ORG}


@pytest.fixture
def switched_on(environment: Environment) -> Iterator[None]:
    """As a deploy with Webhooks=on on a laptop; at the end one with it off."""
    environment(WEBHOOKS="loopback")
    migrate()
    yield
    environment(WEBHOOKS="off")
    migrate()


def migrate() -> None:
    migrate_function.handler(event_of("migrate"), lambda_context())


def put(api: Api, url: str = URL, **rest: Any) -> Answer:
    """Sets the webhook; its secret and its URL may stand in no log line from here on."""
    answer = api("PUT", PATH, query=(), body={"org_id": ORG, "url": url}, **rest)
    if answer.status == 200:
        conftest._SECRETS.update({answer.json["secret"], url})
    return answer


@pytest.mark.usefixtures("switched_on")
def test_a_webhook_is_set_read_set_again_and_deleted(api: Api, psql: Psql) -> None:
    assert api("GET", PATH, query=WHOSE).status == 404
    first = put(api)
    assert first.status == 200
    assert first.json["secret"].startswith("whsec_")
    read = api("GET", PATH, query=WHOSE)
    assert read.json == {name: value for name, value in first.json.items() if name != "secret"}
    assert (read.json["url"], read.json["failures"], read.json["disabled_at"]) == (URL, 0, None)
    psql("UPDATE kb.extraction_webhooks SET disabled_at = now(), disabled_reason = 'It is gone.'")
    assert api("GET", PATH, query=WHOSE).json["disabled_reason"] == "It is gone."
    second = put(api, "https://other.example.com/")
    assert second.json["secret"] != first.json["secret"]
    assert api("GET", PATH, query=WHOSE).json["disabled_reason"] is None
    assert len(psql("SELECT * FROM kb.extraction_webhooks")) == 1
    assert [api("DELETE", PATH, query=WHOSE).status for _ in range(2)] == [204, 404]
    assert psql("SELECT * FROM kb.extraction_webhooks") == []


@pytest.mark.usefixtures("switched_on")
def test_a_webhook_is_its_own_organisations(api: Api, psql: Psql) -> None:
    put(api)
    others = {"custom:organisations": "globex"}
    for method in ("GET", "DELETE"):
        assert api(method, PATH, query=WHOSE, claims=others).status == 403
    assert put(api, claims=others).status == 403
    assert [row["url"] for row in psql("SELECT url FROM kb.extraction_webhooks")] == [URL]


@pytest.mark.usefixtures("switched_on")
@pytest.mark.parametrize(
    "url", ["", "http://x.example.com/", "https://10.0.0.1/", "https://[::ffff:10.0.0.1]/", 7, None]
)
def test_a_url_that_is_not_called_is_refused(api: Api, psql: Psql, url: Any) -> None:
    answer = put(api, url)
    assert (answer.status, answer.faulty_fields) == (422, ["url"])
    assert psql("SELECT * FROM kb.extraction_webhooks") == []


def test_where_webhooks_are_off_none_is_set_and_nothing_is_written_down(
    api: Api, psql: Psql
) -> None:
    assert put(api).status == 409
    psql(f"INSERT INTO kb.extraction_webhooks (org_id, url, secret) VALUES ('{ORG}', '', '')")
    api("POST", f"/extraction-jobs/{api.created()}/cancel")
    assert psql("SELECT * FROM kb.extraction_webhook_deliveries") == []


@pytest.mark.usefixtures("switched_on")
def test_an_organisation_that_is_forgotten_has_no_webhook(api: Api, psql: Psql) -> None:
    put(api)
    api.created()
    forget = {"org_id": ORG, "dry_run": True}
    api("POST", "/extraction-jobs/forget", query=(), body=forget)
    assert len(psql("SELECT * FROM kb.extraction_webhooks")) == 1
    api("POST", "/extraction-jobs/forget", query=(), body=forget | {"dry_run": False})
    assert psql.naming(ORG, URL) == set()


@pytest.mark.usefixtures("switched_on")
def test_what_ends_however_is_called_by_the_sweep_and_no_log_tells_the_url_or_the_secret(
    api: Api, work: Invoke, sweep: Invoke, psql: Psql, logs: Logs
) -> None:
    got: list[tuple[str, str]] = []

    def receive(asked: Asked) -> Reply:
        told = json.loads(asked.body)["data"]
        got.append((told["job_id"], told["status"]))
        return 410 if len(got) > 3 else 204, {}, b""

    with answering(receive) as receiver:
        put(api, f"{receiver}/only-for-us-4711")
        done, cancelled, overdue, last = (api.created() for _ in range(4))
        work(sqs_event(message(done)))
        api("POST", f"/extraction-jobs/{cancelled}/cancel")
        for change in ("status = 'running'", "deadline_at = now() - interval '1 s'"):
            psql(f"UPDATE kb.object_extraction_jobs SET {change} WHERE id = '{overdue}'")
        assert got == [], "only the sweep calls"
        sweep()
        expected = [(done, "completed"), (cancelled, "cancelled"), (overdue, "failed")]
        assert sorted(got) == sorted((str(job), status) for job, status in expected)
        api("POST", f"/extraction-jobs/{last}/cancel")
        sweep()
    told = [line for line in logs.lines if line["message"].startswith("A webhook was switched off")]
    assert [line["org_id"] for line in told] == [ORG]
    assert (
        api("GET", PATH, query=WHOSE).json["disabled_reason"] == "The receiver answered 410 Gone."
    )
