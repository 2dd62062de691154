"""Endings as EventBridge sees them, and as the deployed functions put them there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from botocore.stub import Stubber

import migrate as migrate_function
from extraction_aws.clients import client
from extraction_aws.event_bridge import EventBridge
from extraction_jobs.announcements import Announcement
from extraction_jobs.model import JobId
from tests.conftest import Psql
from tests.integration.conftest import Api, Environment, Invoke, Logs, message, sqs_event
from tests.integration.lambda_events import event_of, lambda_context


@pytest.fixture
def put(aws: None) -> Iterator[list[dict[str, Any]]]:
    """The entries that EventBridge was given, as it was given them."""
    entries: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        entries.extend(params["Entries"])

    events = client("events").meta.events
    events.register("provide-client-params.events.PutEvents", note)
    yield entries
    events.unregister("provide-client-params.events.PutEvents", note)


def migrate() -> None:
    migrate_function.handler(event_of("migrate"), lambda_context())


def test_a_deploy_with_a_bus_has_endings_announced_and_one_without_has_not(
    api: Api,
    work: Invoke,
    sweep: Invoke,
    psql: Psql,
    environment: Environment,
    put: list[dict[str, Any]],
) -> None:
    environment(EVENT_BUS_NAME="default")
    migrate()
    done, cancelled = api.created(), api.created()
    work(sqs_event(message(done)))
    [entry] = put
    assert entry["EventBusName"] == "default"
    assert (entry["Source"], entry["DetailType"]) == ("extraction-jobs", "extraction-job.completed")
    detail = json.loads(entry["Detail"])
    assert (detail["job_id"], detail["status"]) == (str(done), "completed")
    assert detail["id"]

    api("POST", f"/extraction-jobs/{cancelled}/cancel")
    psql("UPDATE kb.extraction_announcements SET next_send_at = now()")
    sweep()
    assert [each["DetailType"] for each in put[1:]] == ["extraction-job.cancelled"]

    environment(EVENT_BUS_NAME="")
    migrate()
    api("POST", f"/extraction-jobs/{api.created()}/cancel")
    assert psql("SELECT * FROM kb.extraction_announcements") == []


def announcements(count: int) -> list[Announcement]:
    at = datetime(2026, 11, 25, 12, tzinfo=UTC)
    return [
        Announcement(uuid4(), JobId(uuid4()), "failed", at, {"status": "failed"})
        for _ in range(count)
    ]


def test_each_entry_has_its_own_outcome(aws: None, logs: Logs) -> None:
    first, second, third = announcements(3)
    with Stubber(client("events")) as events:
        events.add_response(
            "put_events",
            {
                "FailedEntryCount": 1,
                "Entries": [
                    {"EventId": "1"},
                    {"ErrorCode": "ThrottlingException"},
                    {"EventId": "3"},
                ],
            },
        )
        assert EventBridge("bus").put([first, second, third]) == [first, third]
    assert "EventBridge refused an event: ThrottlingException" in logs.messages


def test_a_bus_that_is_out_of_reach_has_taken_nothing_and_what_went_before_counts(
    aws: None, logs: Logs
) -> None:
    several = announcements(15)
    with Stubber(client("events")) as events:
        events.add_response(
            "put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "x"}] * 10}
        )
        events.add_client_error("put_events", "InternalException")
        assert EventBridge("bus").put(several) == several[:10]
    assert "EventBridge took no event: InternalException" in logs.messages
