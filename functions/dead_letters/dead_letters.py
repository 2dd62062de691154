"""The dead letters' Lambda function: what SQS gave up on ends here, with a reason or for a reason."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from extraction_aws.deployment import deployment
from extraction_aws.logs import set_up_logging
from extraction_aws.message import JobMessage, MalformedMessageError, work_through
from extraction_aws.metrics import measure_dead_letter, set_up_metrics
from extraction_aws.postgres import open_database
from extraction_jobs.database import Database
from extraction_jobs.dead_letter import give_up_on_message
from extraction_jobs.model import JobStatus

logger = set_up_logging("dead_letters")
metrics = set_up_metrics("dead_letters")

_TOLD = {
    JobStatus.FAILED: "The job was failed: its messages were given up",
    JobStatus.PENDING: "The job is sent again: its message was given up",
    None: "The job has moved on",
}


@cache
def database() -> Database:
    """The one database of this process."""
    return open_database(deployment())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Ends each dead letter; one that Postgres could not be asked about stays."""
    return work_through(event, _bury)


def _bury(body: str) -> None:
    try:
        message = JobMessage.from_body(body)
    except MalformedMessageError as error:
        logger.warning("Dropped a dead letter that names no job: %s", error)
        return
    if message.revision is None:
        logger.info("Dropped a dead letter written by hand", extra={"job_id": str(message.job_id)})
        return
    try:
        became = give_up_on_message(message.job_id, message.revision, database=database())
    except Exception as error:
        logger.error(  # noqa: TRY400 - the kind says enough, and quotes nothing
            "The dead letter stays: %s",
            type(error).__name__,
            extra={"job_id": str(message.job_id)},
        )
        raise
    logger.warning(_TOLD[became], extra={"job_id": str(message.job_id)})
    measure_dead_letter(metrics, became)
