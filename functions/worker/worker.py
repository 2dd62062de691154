"""The worker's Lambda function: one message, one job; the messages of a batch (WorkerBatchSize) one after the other."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from extraction_aws.deployment import deployment
from extraction_aws.event_bridge import event_bus
from extraction_aws.extractors import chosen_extractor
from extraction_aws.logs import set_up_logging
from extraction_aws.message import JobMessage, MalformedMessageError, work_through
from extraction_aws.metrics import measure_work, set_up_metrics
from extraction_aws.ocr import chosen_ocr
from extraction_aws.postgres import open_database, process_name
from extraction_aws.s3 import S3Sources
from extraction_aws.sqs import SqsQueue
from extraction_jobs.database import DatabaseUnavailableError
from extraction_jobs.settings import SettingsError
from extraction_jobs.work import RedeliverError, Worker

logger = set_up_logging("worker")
metrics = set_up_metrics("worker")
# Written by this product: what they say can be logged.
OURS = (MalformedMessageError, RedeliverError, DatabaseUnavailableError, SettingsError)


@cache
def worker() -> Worker:
    """The one worker of this process."""
    settings = deployment()
    return Worker(
        name=process_name(),
        database=open_database(settings),
        open_heartbeat_database=lambda: open_database(settings),
        queue=SqsQueue(settings.required("jobs_queue_url")),
        sources=S3Sources(settings.source_bucket),
        extractor=chosen_extractor(settings),
        settings=settings,
        ocr=chosen_ocr(settings),
        on_worked=partial(measure_work, metrics),
        bus=event_bus(settings),
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Works on each record; what could not be worked on now is given back to the queue."""

    def work(body: str) -> None:
        try:
            message = JobMessage.from_body(body)
            logger.append_keys(job_id=str(message.job_id))
            outcome = worker().work(
                message.job_id, lambda: context.get_remaining_time_in_millis() / 1000
            )
            logger.info("Ended: %s", outcome)
        except OURS as error:
            logger.error("Given back to the queue: %s", error)  # noqa: TRY400 - told without a trace
            raise
        except Exception as error:
            # The kind only: a message may quote a document.
            logger.error("Given back to the queue: %s", type(error).__name__)  # noqa: TRY400
            raise
        finally:
            logger.remove_keys(["job_id"])

    return work_through(event, work)
