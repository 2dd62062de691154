"""The sweeper's Lambda function.

A schedule calls it every minute, with {"wait_seconds": 58}: for so long it waits for what comes due. An operator calls
it with {}, or with {"dry_run": true}.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from extraction_aws.deployment import Deployment, deployment
from extraction_aws.event_bridge import event_bus
from extraction_aws.logs import set_up_logging
from extraction_aws.metrics import measure_sweep, set_up_metrics
from extraction_aws.postgres import open_database
from extraction_aws.sqs import SqsQueue
from extraction_jobs.sweep import Sweeper, SweepFailedError
from extraction_jobs.webhook_calls import Caller
from extraction_jobs.webhook_deliveries import Post

logger = set_up_logging("sweeper")
metrics = set_up_metrics("sweeper")

# The next sweep takes over then.
LONGEST_WAIT_SECONDS = 60


class InvalidEventError(ValueError):
    """The event asks for something that the sweeper does not do."""


@cache
def sweeper() -> Sweeper:
    """The one sweeper of this process."""
    settings = deployment()
    return Sweeper(
        database=open_database(settings),
        queue=SqsQueue(settings.required("jobs_queue_url")),
        settings=settings,
        bus=event_bus(settings),
        post=_webhooks(settings),
    )


def _webhooks(settings: Deployment) -> Post | None:
    return (
        Caller(loopback=settings.webhooks == "loopback").post if settings.calls_webhooks else None
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """One sweep; answers with what it did. It names the first thousand jobs; the metrics count all.

    Raises:
        InvalidEventError: dry_run is given and is neither true nor false, or wait_seconds is no number of seconds
            within a minute.
        SweepFailedError: a part of the sweep failed, so that the function's own error count shows it.
    """
    dry_run = event.get("dry_run", False)
    if not isinstance(dry_run, bool):
        raise InvalidEventError("dry_run: must be true or false")
    wait_seconds = event.get("wait_seconds", 0)
    if type(wait_seconds) not in (int, float) or not 0 <= wait_seconds <= LONGEST_WAIT_SECONDS:
        raise InvalidEventError(f"wait_seconds: must be a number from 0 to {LONGEST_WAIT_SECONDS}")
    try:
        report = sweeper().sweep(dry_run=dry_run, wait_seconds=wait_seconds)
    except SweepFailedError as error:
        if not dry_run:
            measure_sweep(metrics, error.report)
        raise
    if not dry_run:
        measure_sweep(metrics, report)
    return {
        "dry_run": report.dry_run,
        **{count.value: [str(job.id) for job in jobs] for count, jobs in report.named.items()},
        "redispatched": report.redispatched,
    }
