"""One trace follows a job: from its request, with each of its messages, to the attempt that ends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from extraction_aws.clients import client
from tests.conftest import Psql
from tests.integration.conftest import Api, Invoke, JobsQueue
from tests.integration.lambda_events import event_of

TRACE = "Root=1-6925f1c0-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1"
OTHERS = "Root=1-6925f1c0-ffffffffffffffffffffffff;Parent=53995c3f42cd8ad8;Sampled=1"


class Sent:
    """What the functions ask SQS to send; moto loses the trace of a batch's messages on the way to the queue."""

    def __init__(self) -> None:
        self._entries: list[dict[str, Any]] = []

    def note(self, params: dict[str, Any], **_: object) -> None:
        """Called by botocore with the parameters of a send."""
        self._entries += params["Entries"]

    def traces(self) -> list[str | None]:
        """The trace of each message that was sent since the last look."""
        headers = [
            e.get("MessageSystemAttributes", {}).get("AWSTraceHeader") for e in self._entries
        ]
        self._entries.clear()
        return [header and header["StringValue"] for header in headers]


@pytest.fixture
def sent(jobs_queue: JobsQueue) -> Iterator[Sent]:
    """See Sent."""
    sent = Sent()
    events, name = client("sqs").meta.events, "before-parameter-build.sqs.SendMessageBatch"
    events.register(name, sent.note)
    yield sent
    events.unregister(name, sent.note)


@pytest.fixture
def traced(api: Api, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """A job whose request is traced; whoever acts later is in another trace, as Lambda sets it."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    job = api.created()
    monkeypatch.setenv("_X_AMZN_TRACE_ID", OTHERS)
    return job


def test_the_first_message_carries_the_trace_of_the_request(sent: Sent, traced: UUID) -> None:
    assert sent.traces() == [TRACE]


def test_the_messages_of_sweeps_and_retries_carry_on_the_trace_of_the_request(
    sent: Sent, api: Api, psql: Psql, traced: UUID, sweep: Invoke
) -> None:
    sent.traces()
    psql(
        "UPDATE kb.object_extraction_jobs SET status = 'running', revision = 2, lease = 1, attempt = 1,"
        " started_at = now(), updated_at = now() - interval '1 day'"
    )
    sweep(event_of("sweep"))
    assert sent.traces() == [TRACE], "recovered"
    psql("UPDATE kb.object_extraction_jobs SET next_dispatch_at = now() - interval '1 second'")
    sweep(event_of("sweep"))
    assert sent.traces() == [TRACE], "sent again"
    psql("UPDATE kb.object_extraction_jobs SET status = 'failed', revision = revision + 1")
    assert api("POST", f"/extraction-jobs/{traced}/retry").status == 200
    assert sent.traces() == [TRACE], "retried"


@pytest.mark.parametrize("header", [None, "", TRACE.replace("Sampled=1", "Sampled=0"), "nonsense"])
def test_what_is_not_traced_carries_nothing_and_is_not_stored(
    api: Api, psql: Psql, sent: Sent, monkeypatch: pytest.MonkeyPatch, header: str | None
) -> None:
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    if header is not None:
        monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
    job = api.created()
    assert sent.traces() == [None]
    assert psql.job(job)["trace"] is None
