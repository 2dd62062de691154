"""The same request twice, and at the same moment: it acts once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Psql
from tests.integration.conftest import CLAIMS, ORG, PROJECT, Api, JobsQueue, body
from tests.integration.lambda_events import Answer, Event, request
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = 2
WAITING = (
    "SELECT count(*) AS n FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
HOLD_JOB = b"SELECT FROM kb.object_extraction_jobs FOR UPDATE"
HOLD_KEY = b"""
    INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type, idempotency_key)
    VALUES ('acme', 'library', 'document', %s)"""


@dataclass
class Together:
    """Several processes of the API's function."""

    processes: list[subprocess.Popen[str]]

    def send(self, event: Event, psql: Psql, held: psycopg.Connection) -> tuple[list[Answer], int]:
        """Sends one request to each; gives their answers, and how many messages were sent in all.

        All have come as far as what another session holds before it is let go: they are at it at the same moment.
        """
        for process in self.processes:
            _pipe(process.stdin).write(json.dumps(event) + "\n")
        for process in self.processes:
            _pipe(process.stdin).flush()
        until(lambda: psql(WAITING)[0]["n"] == len(self.processes))
        held.rollback()
        told: list[dict[str, Any]] = [self._answer_of(process) for process in self.processes]
        return [Answer.of(each["returned"]) for each in told], sum(each["sent"] for each in told)

    def _answer_of(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        while True:
            line = json.loads(_pipe(process.stdout).readline())
            if "returned" in line:
                return dict(line)


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


@pytest.fixture(scope="module")
def together(database_url: str) -> Iterator[Together]:
    """See Together."""
    paths = [ROOT, ROOT / "layers" / "extraction_jobs", ROOT / "functions" / "api"]
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
    }
    command = [sys.executable, "-m", "tests.integration.another_process"]
    processes = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        for _ in range(PROCESSES)
    ]
    try:
        for process in processes:
            assert _pipe(process.stdout).readline() == "\n", "a process did not start"
        yield Together(processes)
    finally:
        for process in processes:
            process.communicate(timeout=20)


@pytest.fixture
def held(psql: Psql, database_url: str) -> Iterator[psycopg.Connection]:
    """Another session, that holds a row until all requests wait for it."""
    with psycopg.connect(database_url) as connection:
        yield connection


def test_a_cancel_clicked_at_the_same_moment_acts_once(
    psql: Psql, seed_job: UUID, together: Together, held: psycopg.Connection
) -> None:
    held.execute(HOLD_JOB)
    query = {"org_id": ORG, "project_id": PROJECT}
    answers, _ = together.send(
        request("POST", f"/extraction-jobs/{seed_job}/cancel", query=query, claims=CLAIMS),
        psql,
        held,
    )
    assert sorted(answer.status for answer in answers) == [200] + [400] * (PROCESSES - 1)
    assert len([each for each in psql.events(seed_job) if each["actor"] == "api"]) == 1


def test_one_key_at_the_same_moment_makes_one_job_and_one_message(
    psql: Psql, together: Together, held: psycopg.Connection
) -> None:
    for number in range(3):
        key = {"Idempotency-Key": f"key-{number}"}
        held.execute(HOLD_KEY, [f"key-{number}"])
        answers, sent = together.send(
            request("POST", "/extraction-jobs", body=body(), headers=key, claims=CLAIMS),
            psql,
            held,
        )
        assert {answer.status for answer in answers} == {201}
        assert len({answer.json["id"] for answer in answers}) == 1
        replays = [answer.headers.get("idempotency-replayed") for answer in answers]
        assert replays.count("true") == PROCESSES - 1
        assert sent == 1
    assert len(psql("SELECT id FROM kb.object_extraction_jobs")) == 3
    assert len(psql("SELECT id FROM kb.extraction_job_events")) == 3


def test_a_key_replays_the_first_job_as_it_is_now(
    api: Api, psql: Psql, jobs_queue: JobsQueue
) -> None:
    key = {"Idempotency-Key": "k, with a comma"}
    first = api.create(headers=key)
    assert "idempotency-replayed" not in first.headers
    api("POST", f"/extraction-jobs/{first.json['id']}/cancel")
    second = api.create(headers=key)
    assert second.status == 201
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["location"] == first.headers["location"]
    assert second.json["status"] == "cancelled"
    assert len(jobs_queue.bodies()) == 1
    other = api.create(headers={"Idempotency-Key": "k, with another"})
    assert other.json["id"] != first.json["id"]


def test_a_key_with_another_body_is_refused_whatever_the_field(api: Api, psql: Psql) -> None:
    key = {"Idempotency-Key": "k"}
    assert api.create(headers=key).status == 201
    others: list[dict[str, Any]] = [
        {"source_type": "email"},
        {"source_id": "x"},
        {"source_text": "y"},
        {"source_text": None, "source_base64": "YQ=="},
        {"source_media_type": "text/plain"},
        {"source_metadata": {"a": 1}},
        {"extraction_config": {"min_confidence": 0.1}},
        {"max_attempts": 3},
        {"timeout_minutes": 30},
    ]
    for changes in others:
        answer = api.create(headers=key, **changes)
        assert (answer.status, answer.faulty_fields) == (422, ["Idempotency-Key"])
    assert len(psql("SELECT id FROM kb.object_extraction_jobs")) == 1


def test_a_key_is_its_own_tenants_only(api: Api, psql: Psql) -> None:
    """Neither another organisation nor another project can hit, or find out about, a key in use."""
    key = {"Idempotency-Key": "k"}
    tenants: list[dict[str, str]] = [{}, {"project_id": "museum"}, {"org_id": "initech"}]
    ids = {api.create(headers=key, **tenant).json["id"] for tenant in tenants}
    assert len(ids) == 3
    assert api.create(headers=key, org_id="initech", source_text="Another").status == 422
    assert len(psql("SELECT id FROM kb.object_extraction_jobs")) == 3
