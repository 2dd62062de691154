"""The API's function in a process of its own, as Lambda runs it: for requests that are truly made at once.

    python -m tests.integration.another_process

Reads an event a line; answers each with a line of what the handler returned and how many messages were sent for it.
"""

from __future__ import annotations

import json
import os
import sys

from moto import mock_aws

import api
from extraction_aws.clients import client
from tests.integration.lambda_events import lambda_context


def main() -> None:
    """Serve until the input ends."""
    with mock_aws():
        url = client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
        os.environ["JOBS_QUEUE_URL"] = url
        _say("")
        for line in sys.stdin:
            returned = api.handler(json.loads(line), lambda_context())
            messages = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            sent = len(messages.get("Messages", []))
            _say(json.dumps({"returned": returned, "sent": sent}))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
