"""Jobs that a model reads: from the API through the worker to what is stored, with a model's API served here."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from extraction_aws.clients import client
from tests.conftest import Psql
from tests.integration.conftest import Api, Environment, Invoke, Logs, message, sqs_event
from tests.integration.model_server import (
    DIALECTS,
    Bedrock,
    Dialect,
    FakeService,
    OpenAi,
    model_service,
)

TEXT = "Dear all,\nthe pump room is handed to Ottilie Brandt on 3 May 2026.\nThe budget is 4,500 euros.\n"
TYPES = {
    "Handover": {
        "type": "object",
        "properties": {"to": {"type": "string"}, "date": {"type": "string", "format": "date"}},
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


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.provider)
def says(request: pytest.FixtureRequest) -> Dialect:
    dialect: Dialect = request.param
    return dialect


@pytest.fixture
def service(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, says: Dialect
) -> Iterator[FakeService]:
    """A model's service, and functions that are deployed with it."""
    with model_service() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        environment(
            EXTRACTOR="model",
            MODEL_PROVIDER=says.provider,
            MODEL_BASE_URL=f"{server.url}/v1" if isinstance(says, OpenAi) else "",
            MODEL_ID="eu.amazon.nova-pro-v1:0",
            MODEL_INPUT_PRICE="1",
            MODEL_OUTPUT_PRICE="4",
            MODEL_MAX_TRIES="1",
        )
        yield server


def created(api: Api, **config: Any) -> UUID:
    return api.created(source_text=TEXT, extraction_config={"object_types": TYPES, **config})


def objects(api: Api, job_id: UUID) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = api("GET", f"/extraction-jobs/{job_id}/objects").json["items"]
    return items


def test_what_a_model_found_is_stored_with_its_place_and_its_cost(
    api: Api, work: Invoke, psql: Psql, service: FakeService, says: Dialect, logs: Logs
) -> None:
    service.answers = [says.found(FOUND)]
    job_id = created(api)
    assert work(sqs_event(message(job_id))) == {"batchItemFailures": []}
    row = psql.job(job_id)
    assert (row["status"], row["review_reason"]) == ("completed", None)
    assert row["extractor"].startswith(f"{says.provider} ")
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


def test_a_model_that_makes_things_up_is_not_believed(
    api: Api, work: Invoke, psql: Psql, service: FakeService, says: Dialect
) -> None:
    invented = {"value": "Wilhelmina Groot", "quote": "signed by Wilhelmina Groot"}
    service.answers = [says.found({"Handover": [{"object_id": "h1", "to": invented}]})]
    strict, lenient = created(api), created(api, grounding_required=False)
    for job_id in (strict, lenient):
        work(sqs_event(message(job_id)))
    assert objects(api, strict) == []
    [found] = objects(api, lenient)
    [citation] = found["evidence"]["to"]["citations"]
    assert (citation["alignment"], citation["start"], citation["end"]) == ("none", None, None)
    assert found["confidence"] < 0.5


def test_a_budget_that_is_spent_leaves_the_rest_undone_and_asks_for_a_person(
    api: Api, work: Invoke, psql: Psql, service: FakeService, says: Dialect
) -> None:
    service.answers = [says.found(FOUND)]
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
    assert len(service.asked) == 2
    assert len(objects(api, job_id)) == 1


def test_a_budget_is_refused_where_prices_are_not_known(
    api: Api, environment: Environment, service: FakeService, says: Dialect
) -> None:
    environment(MODEL_OUTPUT_PRICE="0")
    answered = api.create(extraction_config={"max_cost_usd": 1})
    assert answered.status == 422
    assert [each["field"] for each in answered.json["errors"]] == ["extraction_config.max_cost_usd"]


@pytest.mark.parametrize("says", [OpenAi()], indirect=True, ids=["openai"])
def test_the_key_is_read_from_its_secret_and_told_to_nobody(
    api: Api,
    work: Invoke,
    psql: Psql,
    environment: Environment,
    service: FakeService,
    says: Dialect,
    logs: Logs,
) -> None:
    secrets = client("secretsmanager")
    arns = {
        value: secrets.create_secret(Name=f"key-{number}", SecretString=value)["ARN"]
        for number, value in enumerate(
            ["sk-hunter2", '{"api_key": "sk-hunter2"}', '{"key": "sk-hunter2"}']
        )
    }
    service.answers = [says.found(FOUND), says.found(FOUND), says.refused("credentials")]
    for arn in list(arns.values())[:2]:
        environment(MODEL_API_KEY_SECRET_ARN=arn)
        job_id = created(api)
        work(sqs_event(message(job_id)))
        assert psql.job(job_id)["status"] == "completed"
    assert service.keys == ["Bearer sk-hunter2"] * 2
    for arn, hint in (
        (arns['{"key": "sk-hunter2"}'], "api_key"),
        (arns["sk-hunter2"] + "x", "role"),
    ):
        environment(MODEL_API_KEY_SECRET_ARN=arn)
        job_id = created(api)
        work(sqs_event(message(job_id)))
        row = psql.job(job_id)
        assert row["status"] == "failed"
        assert "MODEL_API_KEY_SECRET_ARN" in row["error_message"]
        assert hint in row["error_message"]
        assert "hunter2" not in row["error_message"]
    environment(MODEL_API_KEY_SECRET_ARN=arns["sk-hunter2"])
    job_id = created(api)
    work(sqs_event(message(job_id)))
    assert "does not accept" in psql.job(job_id)["error_message"]
    assert "hunter2" not in logs.text + str(psql.job(job_id)) + str(psql.events(job_id))
    for arn in arns.values():
        secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


@pytest.mark.parametrize("says", [Bedrock()], indirect=True, ids=["bedrock"])
def test_settings_of_the_release_before_do_as_before_with_a_warning(
    api: Api,
    work: Invoke,
    psql: Psql,
    environment: Environment,
    service: FakeService,
    says: Dialect,
    logs: Logs,
) -> None:
    environment(
        EXTRACTOR="bedrock",
        MODEL_PROVIDER="",
        MODEL_ID="",
        BEDROCK_MODEL_ID="amazon.nova-lite-v1:0",
        BEDROCK_OUTPUT_PRICE="8",
    )
    service.answers = [says.found(FOUND)]
    job_id = created(api)
    work(sqs_event(message(job_id)))
    row = psql.job(job_id)
    assert "amazon.nova-lite-v1:0" in row["extractor"]
    assert row["cost_usd"] == Decimal("0.0018")
    assert "BEDROCK_MODEL_ID is the old name of MODEL_ID" in logs.text
    assert "EXTRACTOR=bedrock is now EXTRACTOR=model" in logs.text
