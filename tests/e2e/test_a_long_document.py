"""A document of a hundred pages, whose worker is killed three times, gives what an undisturbed run gives."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from local.client import ApiClient
from local.demo import documents
from local.stack import Stack
from local.watch import kill_worker, watch
from tests.e2e.sweeping import make_orphan, recoveries
from tests.pdfs import make_pdf
from tests.waiting import until

pytestmark = pytest.mark.e2e

PAGES = 100
LINES = 50


def long_document() -> bytes:
    """The framework agreement again and again, each page with a line of its own."""
    agreement = documents.agreement().splitlines()
    lines = [agreement[n % len(agreement)] for n in range(PAGES * (LINES - 2))]
    return make_pdf(
        [
            [
                *lines[page * (LINES - 2) : (page + 1) * (LINES - 2)],
                "",
                f"Decision D-{page + 1}: page {page + 1} was read aloud and approved.",
            ]
            for page in range(PAGES)
        ]
    )


def kill_past(deployed: Stack, job_id: str, share: float, killed: set[str | None]) -> None:
    """Kill the worker that is past a share of the job. Until the sweep, the row shows the one killed before."""
    for progress in watch(deployed, job_id, seconds=60):
        alive = progress.status == "running" and progress.worker not in killed
        if alive and progress.share > share:
            killed.add(progress.worker)
            kill_worker(deployed, progress)
            make_orphan(deployed, job_id)
            return


def result(client: ApiClient, job_id: str) -> list[tuple[Any, ...]]:
    return [
        (each["type"], each["properties"], each["evidence"], each["confidence"])
        for each in client.items(f"/{job_id}/objects")
    ]


def test_a_long_job_killed_three_times_ends_with_the_objects_of_an_undisturbed_run(
    deployed: Stack, acme: ApiClient
) -> None:
    bucket, key = deployed.outputs["SourceBucketName"], "acme/long.pdf"
    deployed.emulator.client("s3").put_object(Bucket=bucket, Key=key, Body=long_document())
    request: dict[str, Any] = {
        "source_uri": f"s3://{bucket}/{key}",
        "max_attempts": 4,
        "extraction_config": {
            "object_types": ["contract", "meeting_minutes"],
            "chunk_characters": 1000,
        },
    }
    undisturbed = acme.create(**request).json["id"]
    ended = acme.wait_for(undisturbed, lambda job: job["completed_at"] is not None, seconds=60)
    assert (ended["status"], ended["attempt"]) == ("completed", 1)

    killed = acme.create(**request).json["id"]
    workers: set[str | None] = set()

    def recovered(times: int) -> bool:
        return recoveries(deployed, acme, killed) == times

    with ThreadPoolExecutor(max_workers=1) as background:
        kill_past(deployed, killed, 0.2, workers)
        for nth, share in enumerate((0.45, 0.7), start=1):
            # The next attempt may be past its kill before the sweep has answered.
            next_kill = background.submit(kill_past, deployed, killed, share, workers)
            until(partial(recovered, nth), seconds=30, what="its recovery", every=0.3)
            next_kill.result()
    until(partial(recovered, 3), seconds=30, what="its last recovery", every=0.3)
    job = acme.wait_for(killed, lambda job: job["completed_at"] is not None, seconds=60)

    assert (job["status"], job["attempt"]) == ("completed", 4)
    assert job["processed_items"] == job["total_items"] == ended["total_items"]
    objects = result(acme, killed)
    assert objects == result(acme, undisturbed)
    # A line of its own on each page: none is missing, and each knows its page.
    places = {
        properties["id"]: evidence["id"]["citations"][0]["page"]
        for kind, properties, evidence, _ in objects
        if kind == "Decision" and "id" in properties
    }
    own = {f"D-{page}": page for page in range(1, PAGES + 1)}
    assert {name: places.get(name) for name in own} == own
