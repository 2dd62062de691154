"""A warm `POST /extraction-jobs`, and one of a hundred jobs, through the API's own handler: its round trips to Postgres
and to SQS, counted.

Those to Postgres on the wire (each ends with the client's Sync), those to SQS where botocore sends a request.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws

from benchmarks.contestants.product import Product
from benchmarks.report import Figure
from benchmarks.scale import Scale
from benchmarks.server import Server

ROOT = Path(__file__).parents[2]
AIM_POSTGRES = 2
JOBS_A_REQUEST = 10  # that SQS takes
BATCH = 100
WARM_UP, CALLS = 10, 100
# Few: moto becomes slow with the messages that nobody takes. So the time of a batch says nothing.
BATCH_WARM_UP, BATCH_CALLS = 4, 2

Event = dict[str, Any]


def measure(server: Server, scale: Scale) -> list[Figure]:  # noqa: ARG001
    """The same request again and again; the first ones are not counted."""
    url = server.create_database("api")
    Product().install(url)
    one = json.loads((ROOT / "events/create.json").read_text())
    # Both files stay open to the end: libpq never closes what it traces to.
    with (
        mock_aws(),
        _environment(url),
        tempfile.TemporaryFile() as wire,
        tempfile.TemporaryFile() as other_wire,
    ):
        figures = _calls(
            "POST /extraction-jobs, warm", one, wire, warm_up=WARM_UP, calls=CALLS, sends=1
        )
        batch = f"POST /extraction-jobs/batch of {BATCH}, warm"
        sends = BATCH // JOBS_A_REQUEST
        several = _calls(
            batch, _batch(), other_wire, warm_up=BATCH_WARM_UP, calls=BATCH_CALLS, sends=sends
        )
        figures += [each for each in several if each.unit != "ms"]
    server.drop_database("api")
    return figures


def _batch() -> Event:
    """The event of a batch with a hundred jobs, each time others: without the idempotency key."""
    event: Event = json.loads((ROOT / "events/create-batch.json").read_text())
    del event["headers"]["idempotency-key"]
    body = json.loads(event["body"])
    jobs = body["jobs"] * (BATCH // len(body["jobs"]))
    return event | {"body": json.dumps(body | {"jobs": jobs})}


def _calls(
    row: str, event: Event, wire: IO[bytes], *, warm_up: int, calls: int, sends: int
) -> list[Figure]:
    from api import handler
    from extraction_aws.clients import client
    from resources import resources

    context = cast("LambdaContext", _Context())
    requests: list[str] = []
    milliseconds = []
    for call in range(warm_up + calls):
        if call == warm_up:
            # Where the connection is kept is nobody's business but ours, here.
            connection = resources().database._connection  # noqa: SLF001
            assert connection is not None
            connection.pgconn.trace(wire.fileno())
            client("sqs").meta.events.register(
                "before-send.sqs",
                lambda request, **_: requests.append(request.url),
                unique_id=row,
            )
        started = time.perf_counter()
        answer = handler(event, context)
        milliseconds.append((time.perf_counter() - started) * 1000)
        assert answer["statusCode"] == 201, answer
    client("sqs").meta.events.unregister("before-send.sqs", unique_id=row)
    resources().database.close()
    wire.seek(0)
    syncs = sum(b"\tF\t" in line and b"\tSync" in line for line in wire)
    postgres, sqs = syncs / calls, len(requests) / calls
    return [
        Figure(
            row,
            "product",
            "round trips to Postgres",
            [postgres],
            aim=f"at most {AIM_POSTGRES}",
            met=0 < postgres <= AIM_POSTGRES,
        ),
        Figure(row, "product", "requests to SQS", [sqs], aim=f"{sends}", met=sqs == sends),
        Figure(row, "product", "ms", milliseconds[warm_up:], note="SQS is moto, in this process"),
    ]


class _Context:
    """What Powertools asks of Lambda's context."""

    function_name = "api"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:api"
    aws_request_id = "52fdfc07-2182-454f-963f-5f0f9a621d72"


@contextmanager
def _environment(url: str) -> Iterator[Any]:
    kept = dict(os.environ)
    sys.path.insert(0, str(ROOT / "functions/api"))
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "DATABASE_URL": url,
    }
    try:
        made = boto3.client("sqs").create_queue(QueueName="jobs")
        os.environ["JOBS_QUEUE_URL"] = made["QueueUrl"]
        yield
    finally:
        os.environ.clear()
        os.environ |= kept
        sys.path.remove(str(ROOT / "functions/api"))
