"""A typed Python client of the extraction jobs' HTTP API.

from extraction_jobs_client import Client

client = Client("http://localhost:3001", token, org_id="acme", project_id="demo")
job = client.create(b"Total: 12.50 EUR", source_type="document")
job = client.wait(job["id"], deadline_seconds=120)
found = list(client.objects(job["id"]))
"""

from extraction_jobs_client.client import Client
from extraction_jobs_client.errors import (
    DeadlineError,
    ExtractionJobsError,
    FieldFault,
    ProblemError,
    TooLargeError,
    UnavailableError,
)
from extraction_jobs_client.messages import ENDED

__all__ = [
    "ENDED",
    "Client",
    "DeadlineError",
    "ExtractionJobsError",
    "FieldFault",
    "ProblemError",
    "TooLargeError",
    "UnavailableError",
]
