"""Uploads through the API: what leave is given, and to whom."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from extraction_aws import clients
from tests.integration.conftest import BUCKET, CLAIMS, Api, Environment
from tests.integration.lambda_events import event_of


def test_the_leave_is_for_one_key_of_the_organisations_folder_a_size_and_a_quarter_of_an_hour(
    api: Api, environment: Environment
) -> None:
    environment(MAX_SOURCE_BYTES="40000000")
    first, second = (api.send(event_of("create-upload")) for _ in range(2))
    assert (first.status, second.status) == (201, 201)
    assert first.json["source_uri"] != second.json["source_uri"]
    upload = first.json
    key = upload["fields"]["key"]
    assert upload["source_uri"] == f"s3://{BUCKET}/{key}"
    assert key.startswith("acme/uploads/")
    assert key.endswith("/invoice.pdf")
    assert (upload["max_bytes"], upload["expires_in_seconds"]) == (40_000_000, 900)

    policy = json.loads(base64.b64decode(upload["fields"]["policy"]))
    assert {"bucket": BUCKET} in policy["conditions"]
    assert {"key": key} in policy["conditions"]
    assert ["content-length-range", 1, 40_000_000] in policy["conditions"]
    left = datetime.fromisoformat(policy["expiration"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)
    # Buckets that are encrypted with a key of KMS take no older signature.
    assert upload["fields"]["x-amz-algorithm"] == "AWS4-HMAC-SHA256"


def test_the_form_leads_to_the_buckets_own_region(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address of no region answers for a young bucket of another region with a redirect, which takes no file."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    clients.client.cache_clear()
    upload = api.send(event_of("create-upload")).json
    clients.client.cache_clear()
    assert upload["url"] == f"https://{BUCKET}.s3.eu-central-1.amazonaws.com/"


def test_a_repeated_request_leads_to_the_same_address(api: Api) -> None:
    """Otherwise a create that is repeated with its upload would be another request under its idempotency key."""

    def address(key: str | None, name: str = "a.pdf", subject: str = "anna") -> str:
        answer = api(
            "POST",
            "/extraction-jobs/uploads",
            query=(),
            body={"org_id": "acme", "file_name": name},
            headers={"idempotency-key": key} if key else None,
            claims={**CLAIMS, "sub": subject},
        )
        return str(answer.json["source_uri"])

    assert address("k1") == address("k1")
    others = [address("k1"), address("k2"), address("k1", "b.pdf"), address("k1", subject="ben")]
    assert len({*others, address(None), address(None)}) == 6


def test_a_name_keeps_nothing_that_could_leave_the_folder(api: Api) -> None:
    body = {"org_id": "acme", "file_name": "../../globex/Rechnung März.pdf" + "x" * 300}
    answer = api("POST", "/extraction-jobs/uploads", query=(), body=body)
    prefix, _, name = answer.json["fields"]["key"].rpartition("/")
    assert prefix.count("/") == 2
    assert len(name) == 100
    assert name.isascii()


def test_who_may_not_or_cannot_upload_is_told_why(api: Api, environment: Environment) -> None:
    def upload(org_id: str) -> tuple[int, str]:
        answer = api("POST", "/extraction-jobs/uploads", query=(), body={"org_id": org_id})
        return answer.status, answer.json["errors"][0]["field"]

    assert upload("globex") == (403, "org_id")
    environment(SOURCE_BUCKET="")
    assert upload("acme") == (422, "org_id")
