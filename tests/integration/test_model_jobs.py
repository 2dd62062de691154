"""Jobs that a model reads: from the API through the worker to what is stored, with Bedrock's API served here."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import Psql
from tests.integration.bedrock_server import FakeBedrock, answer, error, serving
from tests.integration.conftest import Api, Environment, Invoke, Logs, message, sqs_event

TEXT = "Dear all,\nthe pump room is handed to Ottilie Brandt on 3 May 2026.\nThe budget is 4,500 euros.\n"
TYPES = {
    "Handover": {
        "type": "object",
        "properties": {
            "to": {"type": "string"},
            "date": {"type": "string", "format": "date"},
        },
    }
}
FOUND = {
    "Handover": [
        {
            "object_id": "h1",
            "to": {"value": "Ottilie Brandt", "quote": "Ottilie Brandt"},
            "date": {"value": "2026-05-03", "quote": "on 3 May 2026"},
        }
    ]
}


@pytest.fixture
def bedrock(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBedrock]:
    """Bedrock, and functions that are deployed with it."""
    with serving() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        environment(
            EXTRACTOR="bedrock",
            BEDROCK_MODEL_ID="eu.amazon.nova-pro-v1:0",
            BEDROCK_INPUT_PRICE="1",
            BEDROCK_OUTPUT_PRICE="4",
            BEDROCK_MAX_TRIES="1",
        )
        yield server


def created(api: Api, **config: Any) -> UUID:
    return api.created(source_text=TEXT, extraction_config={"object_types": TYPES, **config})


def objects(api: Api, job_id: UUID) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = api("GET", f"/extraction-jobs/{job_id}/objects").json["items"]
    return items


def test_what_a_model_found_is_stored_with_its_place_and_its_cost(
    api: Api, work: Invoke, psql: Psql, bedrock: FakeBedrock, logs: Logs
) -> None:
    bedrock.answers = [answer(FOUND)]
    job_id = created(api)
    assert work(sqs_event(message(job_id))) == {"batchItemFailures": []}
    row = psql.job(job_id)
    assert (row["status"], row["review_reason"]) == ("completed", None)
    assert row["extractor"].startswith("bedrock ")
    assert "eu.amazon.nova-pro-v1:0" in row["extractor"]
    # 1,000 tokens in at 1, 100 out at 4 dollars a million.
    assert (row["input_tokens"], row["output_tokens"], row["cost_usd"]) == (
        1000,
        100,
        Decimal("0.0014"),
    )
    [found] = objects(api, job_id)
    assert found["properties"] == {"to": "Ottilie Brandt", "date": "2026-05-03"}
    for leaf in found["evidence"].values():
        [citation] = leaf["citations"]
        assert TEXT[citation["start"] : citation["end"]] == citation["quote"]
    assert "Ottilie" not in logs.text


def test_a_throttled_model_costs_an_attempt_and_says_so(
    api: Api, work: Invoke, psql: Psql, bedrock: FakeBedrock
) -> None:
    bedrock.answers = [error(429, "ThrottlingException", "Too many tokens, please wait.")]
    job_id = created(api)
    work(sqs_event(message(job_id)))
    row = psql.job(job_id)
    assert (row["status"], row["attempt"], row["input_tokens"]) == ("pending", 1, 0)
    assert len(bedrock.asked) == 1
    assert "throttl" in row["error_message"].lower()


def test_a_model_that_may_not_be_used_fails_the_job_at_once_with_what_to_do(
    api: Api, work: Invoke, psql: Psql, bedrock: FakeBedrock
) -> None:
    bedrock.answers = [error(403, "AccessDeniedException", "secret of the account")]
    job_id = created(api)
    work(sqs_event(message(job_id)))
    row = psql.job(job_id)
    assert (row["status"], row["attempt"]) == ("failed", 1)
    assert "access" in row["error_message"].lower()
    assert "secret of the account" not in row["error_message"]


def test_a_model_that_makes_things_up_is_not_believed(
    api: Api, work: Invoke, psql: Psql, bedrock: FakeBedrock
) -> None:
    invented = {"value": "Wilhelmina Groot", "quote": "signed by Wilhelmina Groot"}
    bedrock.answers = [answer({"Handover": [{"object_id": "h1", "to": invented}]})]
    strict, lenient = created(api), created(api, grounding_required=False)
    for job_id in (strict, lenient):
        work(sqs_event(message(job_id)))
    assert objects(api, strict) == []
    [found] = objects(api, lenient)
    [citation] = found["evidence"]["to"]["citations"]
    assert (citation["alignment"], citation["start"], citation["end"]) == ("none", None, None)
    assert found["confidence"] < 0.5


def test_a_budget_that_is_spent_leaves_the_rest_undone_and_asks_for_a_person(
    api: Api, work: Invoke, psql: Psql, bedrock: FakeBedrock
) -> None:
    bedrock.answers = [answer(FOUND)]
    job_id = api.created(
        source_text=TEXT
        + "\n".join(f"Line {n} of a long letter, told at length." for n in range(40)),
        extraction_config={"object_types": TYPES, "chunk_characters": 200, "max_cost_usd": 0.002},
    )
    work(sqs_event(message(job_id)))
    row = psql.job(job_id)
    assert row["status"] == "requires_review"
    assert "chunks could not be extracted" in row["review_reason"]
    assert row["cost_usd"] == Decimal("0.0028"), "the call that crossed it, and no more"
    assert len(bedrock.asked) == 2
    assert len(objects(api, job_id)) == 1


def test_a_budget_is_refused_where_prices_are_not_known(
    api: Api, environment: Environment, bedrock: FakeBedrock
) -> None:
    environment(BEDROCK_OUTPUT_PRICE="0")
    answered = api.create(extraction_config={"max_cost_usd": 1})
    assert answered.status == 422
    assert [each["field"] for each in answered.json["errors"]] == ["extraction_config.max_cost_usd"]


def test_rules_and_model_that_disagree_ask_for_a_person_without_quoting_anything(
    api: Api, work: Invoke, psql: Psql, environment: Environment, bedrock: FakeBedrock
) -> None:
    environment(EXTRACTOR="hybrid")
    properties = {"number": {"type": "string"}, "total": {"type": "number"}}
    types = {"Invoice": {"type": "object", "properties": properties}}
    text = "Invoice number: K-17\nTotal: 120.00\nDeposit: 25.00\n"
    wrong = {
        "object_id": "i",
        "number": {"value": "K-17", "quote": "K-17"},
        "total": {"value": 25, "quote": "25.00"},
    }
    bedrock.answers = [answer({"Invoice": [wrong]})]
    job_id = api.created(source_text=text, extraction_config={"object_types": types})
    work(sqs_event(message(job_id)))
    row = psql.job(job_id)
    assert row["status"] == "requires_review"
    assert "Invoice" in row["review_reason"]
    assert "total" in row["review_reason"]
    assert not any(digit in row["review_reason"] for digit in "0123456789")
    assert row["extractor"].startswith("offline+bedrock ")


def test_a_deployment_whose_guardrail_has_no_version_says_so_and_no_job_is_lost(
    api: Api, work: Invoke, psql: Psql, environment: Environment, bedrock: FakeBedrock, logs: Logs
) -> None:
    environment(BEDROCK_GUARDRAIL_ID="abc123")
    job_id = created(api)
    event = sqs_event(message(job_id))
    assert work(event)["batchItemFailures"]
    assert psql.job(job_id)["status"] == "pending"
    assert "BEDROCK_GUARDRAIL_VERSION" in logs.text
