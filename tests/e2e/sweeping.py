"""Orphans of the deployed stack, and sweeps beside those of its schedule."""

import json
from typing import Any

import psycopg

from local.client import ApiClient
from local.stack import Stack


def sweep(deployed: Stack) -> dict[str, Any]:
    """Do what the schedule does every minute."""
    answer = deployed.emulator.client("lambda").invoke(
        FunctionName=deployed.outputs["SweeperFunctionName"], Payload=b"{}"
    )
    assert "FunctionError" not in answer
    return dict(json.loads(answer["Payload"].read()))


def make_orphan(deployed: Stack, job_id: str) -> None:
    """The runbook's statement: a job whose worker has long been gone."""
    with psycopg.connect(deployed.database.url) as connection:
        connection.execute(
            "UPDATE kb.object_extraction_jobs SET status = 'running',"
            " updated_at = NOW() - INTERVAL '10 minutes' WHERE id = %s",
            [job_id],
        )


def recoveries(deployed: Stack, client: ApiClient, job_id: str) -> int:
    """Sweep, and return how often the job was recovered so far: by this sweep, or by one of the schedule's."""
    sweep(deployed)
    return sum(event["actor"] == "sweeper" for event in client.items(f"/{job_id}/events"))
