"""Neither logs nor errors hold a document's text or a secret, whatever goes wrong around them."""

from __future__ import annotations

import json
from typing import Any

import pytest

import create_routes
from tests.conftest import Psql
from tests.integration.conftest import Api, Environment, Invoke, Logs, message, sqs_event
from tests.integration.lambda_events import event_of

# In the document, its file name, its metadata: whatever a caller may not want to find in a log.
SECRET = "Xylophone-4711"
DOCUMENT = f"# Contract\n\nThe password of the vault is {SECRET}.\n\nTotal: 12.50 EUR\n"


def silent(logs: Logs, capsys: pytest.CaptureFixture[str]) -> None:
    captured = capsys.readouterr()
    assert SECRET not in logs.text + captured.out + captured.err


def test_a_job_from_end_to_end_logs_nothing_of_its_document(
    api: Api,
    work: Invoke,
    sweep: Invoke,
    bury: Invoke,
    logs: Logs,
    environment: Environment,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fields = {
        "source_text": DOCUMENT,
        "source_id": SECRET,
        "source_metadata": {"file": SECRET},
        "extraction_config": {"object_types": {SECRET: {"properties": {SECRET: {}}}}},
    }
    job_id = api.created(**fields)
    work(sqs_event(message(job_id)))
    sweep()
    bury(sqs_event(message(job_id)))
    assert SECRET in api("GET", f"/extraction-jobs/{job_id}").text
    assert len(logs.lines) >= 3
    silent(logs, capsys)


REFUSED: list[dict[str, Any]] = [
    {"source_media_type": SECRET},
    {"source_uri": SECRET},
    {"source_text": [SECRET]},
    {"source_metadata": {"x": f"{SECRET}\x00"}},
    {"max_attempts": SECRET},
    {"org_id": SECRET},
    {"source_type": SECRET},
    {"project_id": SECRET * 100},
    *(
        {"extraction_config": {"object_types": {"T": {"properties": {"p": rule}}}}}
        for rule in ({"type": SECRET}, {"pattern": f"({SECRET}"})
    ),
]


def test_a_refused_request_is_not_given_back_in_the_answer_or_the_log(
    api: Api, logs: Logs, capsys: pytest.CaptureFixture[str]
) -> None:
    for fields in REFUSED:
        answer = api.create(**({"source_text": DOCUMENT} | fields))
        assert 400 <= answer.status < 500
        assert SECRET not in answer.text + json.dumps(dict(answer.headers))
    answer = api("POST", "/extraction-jobs", text=f'{{"source_text": "{SECRET}" oops')
    assert answer.status == 400
    assert SECRET not in answer.text
    silent(logs, capsys)


def test_a_fault_of_ours_is_500_with_its_kind_and_place_in_the_log_and_no_more(
    api: Api, logs: Logs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError(f"division of {SECRET}")

    monkeypatch.setattr(create_routes, "create_job", broken)
    answer = api.create(source_text=DOCUMENT)
    assert answer.status == 500
    assert SECRET not in answer.text
    [message_of_it] = logs.messages
    assert message_of_it.startswith("Unexpected ZeroDivisionError in test_privacy.py, line ")
    silent(logs, capsys)


def test_what_postgres_says_of_a_row_it_refuses_is_not_logged(
    api: Api,
    psql: Psql,
    work: Invoke,
    sweep: Invoke,
    logs: Logs,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its DETAIL quotes the whole row."""
    job_id = api.created(source_text=DOCUMENT, source_id=SECRET)
    psql(
        "ALTER TABLE kb.object_extraction_jobs ADD CONSTRAINT nothing_moves"
        " CHECK (status IN ('pending') OR updated_at < now() - interval '5 minutes') NOT VALID"
    )
    try:
        work(sqs_event(message(job_id)))
        silent(logs, capsys)
        psql(
            "UPDATE kb.object_extraction_jobs SET status = 'running', attempt = 3,"
            " updated_at = now() - interval '1 hour'"
        )
        with pytest.raises(Exception, match=r".+") as failed:
            sweep()
        assert SECRET not in str(failed.value)
        assert api("POST", f"/extraction-jobs/{job_id}/cancel").status == 500
    finally:
        psql("ALTER TABLE kb.object_extraction_jobs DROP CONSTRAINT nothing_moves")
    silent(logs, capsys)


def test_a_failed_extraction_says_what_to_do_and_nothing_of_the_document(
    api: Api, psql: Psql, work: Invoke, logs: Logs, capsys: pytest.CaptureFixture[str]
) -> None:
    job_id = api.created(source_text=f"%PDF-1.7 {SECRET}\n\x01\x02\x03")
    work(sqs_event(message(job_id)))
    job = psql.job(job_id)
    assert SECRET not in (job["error_message"] or "")
    assert SECRET not in json.dumps([event["detail"] for event in psql.events(job_id)])
    silent(logs, capsys)


def test_the_events_of_the_repository_hold_no_token() -> None:
    for name in ("create", "list", "retry"):
        assert event_of(name)["headers"]["authorization"] == "Bearer YOUR_TOKEN"
