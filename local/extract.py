"""`make extract FILE=…`: a document of this machine through the running stack, and what was found in it."""

from __future__ import annotations

from pathlib import Path

from extraction_jobs_cli import screen
from extraction_jobs_cli.exits import CommandError
from extraction_jobs_cli.reads import show_objects
from extraction_jobs_cli.sources import object_types_of, read_document
from extraction_jobs_client import Client, ExtractionJobsError
from extraction_jobs_client.messages import JobRequest
from local.processes import StackError
from local.stack import Stack

ORGANISATION, PROJECT = "acme", "demo"
_WAIT_SECONDS = 600.0


def extract(stack: Stack, file: str, types: str) -> int:
    """Create a job for a file, wait, and show the objects with their quotes.

    Args:
        stack: A running stack.
        file: The document.
        types: Names of ready-made sets with commas between them, or a file of JSON Schemas by type name, or
            nothing for the sets that are asked for by default.

    Returns:
        The exit status: 0 if the job was completed or requires a review.

    Raises:
        StackError: There is no such file, or the API refuses the job.
    """
    if not file:
        raise StackError("Name a document: make extract FILE=examples/documents/…")
    client = Client(stack.api_url, stack.token(ORGANISATION), ORGANISATION, PROJECT)
    name = Path(file).name
    request: JobRequest = {"source_type": "document", "source_id": name}
    try:
        if types:
            request["extraction_config"] = {"object_types": object_types_of(types)}
        created = client.create(read_document(file), file_name=name, **request)
        job = client.wait(created["id"], deadline_seconds=_WAIT_SECONDS, interval_seconds=0.1)
        print(screen.outcome(job))
        show_objects(list(client.objects(job["id"])))
    except (CommandError, ExtractionJobsError) as error:
        raise StackError(screen.plain(error)) from None
    return 0 if job["status"] in {"completed", "requires_review"} else 1
