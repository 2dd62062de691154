"""Jobs that a real model reads, through the whole laptop stack: the protocol and the promises, not the quality.

The model has 135 million parameters and understands next to nothing. What is asserted holds whatever it says.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from typing import Any

import pytest

from local.client import ApiClient
from local.stack import Stack
from local.watch import watch
from tests.real_model.conftest import PATIENCE_SECONDS, ModelServer, caller, deployed_with
from tests.waiting import until

logger = logging.getLogger(__name__)

TYPES = {
    "Invoice": {
        "type": "object",
        "properties": {"number": {"type": "string"}},
        "required": ["number"],
    }
}
TEXT = "Invoice number: R-17\n"


def create(client: ApiClient, text: str = TEXT, **config: Any) -> str:
    answer = client.create(
        source_text=text, extraction_config={"object_types": TYPES, **config}, max_attempts=3
    )
    assert answer.status == 201, answer.json
    return str(answer.json["id"])


def ended(client: ApiClient, job_id: str) -> dict[str, Any]:
    begun = time.monotonic()
    job = client.wait_for(
        job_id, lambda job: job["completed_at"] is not None, seconds=PATIENCE_SECONDS
    )
    logger.info(
        "%s in attempt %d after %.0f s: %d tokens in, %d out, $%s",
        *(job["status"], job["attempt"], time.monotonic() - begun),
        *(job["input_tokens"], job["output_tokens"], job["cost_usd"]),
    )
    return job


def is_read(client: ApiClient, job_id: str, text: str = TEXT) -> dict[str, Any]:
    """The job's model has answered about all of it, and what is kept is of the schema and stands in the text."""
    job = ended(client, job_id)
    assert job["status"] in {"completed", "requires_review"}, job["error_message"]
    assert job["failed_items"] == 0, job["review_reason"]
    for found in client.items(f"/{job_id}/objects"):
        assert found["type"] == "Invoice"
        assert set(found["properties"]) == set(found["evidence"]) == {"number"}
        assert isinstance(found["properties"]["number"], str)
        for citation in found["evidence"]["number"]["citations"]:
            assert text[citation["start"] : citation["end"]] == citation["quote"] != ""
    return job


def is_asked(model: ModelServer) -> None:
    """The worker's call is under way."""
    until(model.is_busy, seconds=PATIENCE_SECONDS, what="a call of the model", every=0.2)


def test_a_model_reads_a_job_and_what_it_took_is_counted(
    model: ModelServer, acme: ApiClient
) -> None:
    job = is_read(acme, create(acme))
    assert job["extractor"].startswith("openai ")
    assert "smollm2" in job["extractor"]
    assert job["input_tokens"] > 300, "instructions, schema and text"
    assert job["output_tokens"] > 10
    dollars = job["input_tokens"] / 1e6 + job["output_tokens"] / 1e3
    assert float(job["cost_usd"]) == pytest.approx(dollars, abs=1e-5)


def test_rules_and_model_read_a_job_beside_each_other(model: ModelServer) -> None:
    with deployed_with(model, "hybrid") as running:
        client = caller(running)
        job_id = create(client)
        job = is_read(client, job_id)
        assert job["extractor"].startswith("offline+openai ")
        assert job["output_tokens"] > 10
        numbers = [found["properties"]["number"] for found in client.items(f"/{job_id}/objects")]
        assert "R-17" in numbers, "the rules see it whatever the model says"


def test_a_budget_ends_a_job_after_the_call_that_crosses_it(
    model: ModelServer, acme: ApiClient
) -> None:
    text = "\n\n".join(f"Invoice number: R-{n}. It was sent by post to the tenant of the house with all its parts."
                       for n in range(9))  # fmt: skip
    job_id = create(acme, text, chunk_characters=200, max_cost_usd=0.001)
    job = ended(acme, job_id)
    assert job["total_items"] >= 3
    assert job["failed_items"] >= job["total_items"] - 1
    said = f"{job['review_reason']} {job['error_message']}"
    assert "budget" in said or "could not be extracted" in said
    assert float(job["cost_usd"]) > 0.001
    assert job["output_tokens"] <= 400, "one call's, no more"


def test_a_cancel_in_the_middle_of_a_call_frees_the_worker_at_once(
    model: ModelServer, deployed: Stack, acme: ApiClient
) -> None:
    def left() -> int:
        return sum("Ended: lease_lost" in line for line in deployed.logs("WorkerLogs"))

    before, job_id = left(), create(acme)
    is_asked(model)
    assert acme.post(f"/{job_id}/cancel").status == 200
    until(lambda: left() > before, seconds=20, what="the worker's end of the call", every=0.2)
    # This server goes on to the end of an answer that nobody waits for.
    assert model.is_busy()
    assert acme.job(job_id)["status"] == "cancelled"
    assert acme.items(f"/{job_id}/objects") == []


def test_a_worker_killed_in_the_middle_of_a_call_is_recovered(
    model: ModelServer, deployed: Stack, acme: ApiClient
) -> None:
    job_id = create(acme)
    is_asked(model)
    progress = next(watch(deployed, job_id, seconds=20))
    assert progress.worker is not None
    os.kill(int(progress.worker.rpartition(":")[2]), signal.SIGKILL)
    lambdas = deployed.emulator.client("lambda")

    def swept() -> bool:
        lambdas.invoke(FunctionName=deployed.outputs["SweeperFunctionName"], Payload=b"{}")
        return bool(acme.job(job_id)["attempt"] != 1 or acme.job(job_id)["status"] != "running")

    until(swept, seconds=60, what="its recovery", every=1)
    assert is_read(acme, job_id)["attempt"] == 2


def test_a_server_that_dies_in_the_middle_of_a_call_and_comes_back_costs_no_attempt(
    model: ModelServer, deployed: Stack, acme: ApiClient
) -> None:
    job_id = create(acme)
    is_asked(model)
    model.kill()
    model.start()
    assert is_read(acme, job_id)["attempt"] == 1


def test_a_chunk_that_the_context_does_not_hold_is_halved(
    model: ModelServer, deployed: Stack, acme: ApiClient
) -> None:
    # Dots, because a piece without a letter or figure is not asked about: of each two halves one costs a call.
    text = f"{TEXT}\n" + f"{'. - ' * 20}\n\n" * 14
    model.kill()
    model.start(context_tokens=1024)
    try:
        job = is_read(acme, create(acme, text), text)
        assert job["total_items"] == 1, "one chunk, halved within its step"
        assert job["input_tokens"] > 1024, "more than one call"
    finally:
        model.kill()
