"""The inbox's Lambda function: a file dropped into the bucket under inbox/<org_id>/<project_id>/ makes a job."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from dropped import DroppedFile
from extraction_aws import tracing
from extraction_aws.deployment import Deployment, deployment
from extraction_aws.logs import set_up_logging
from extraction_aws.postgres import open_database
from extraction_aws.sqs import SqsQueue
from extraction_jobs.create import IdempotencyConflictError, NewJob, create_job
from extraction_jobs.database import Database
from extraction_jobs.dispatch import Queue
from extraction_jobs.model import Tenant
from extraction_jobs.settings import SettingsError
from extraction_jobs.sources import SourceRefusedError

logger = set_up_logging("inbox")
_LONGEST_SOURCE_ID = 500


@dataclass(frozen=True, slots=True)
class Inbox:
    """What the function works with."""

    settings: Deployment
    database: Database
    queue: Queue
    extraction_config: dict[str, list[str]]


@cache
def inbox() -> Inbox:
    """The one inbox of this process.

    Raises:
        SettingsError: the environment is wrong.
    """
    settings = deployment()
    return Inbox(
        settings=settings,
        database=open_database(settings),
        queue=SqsQueue(settings.required("jobs_queue_url")),
        extraction_config=_extraction_config(settings.inbox_object_types),
    )


def _extraction_config(object_types: str) -> dict[str, list[str]]:
    if not object_types:
        return {}
    # Only an inbox that names types pays for the extractor's import.
    from extraction import ObjectTypeError, requested_object_types

    names = object_types.split(",")
    try:
        requested_object_types(names)
    except ObjectTypeError as error:
        raise SettingsError(f"INBOX_OBJECT_TYPES: {error.rule}") from None
    return {"object_types": names}


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:  # noqa: ARG001
    """Makes the job of one version of a file, once. Of what can become none, a line in the log says why.

    Raises:
        Exception: it could not be made now: Postgres, a bound of the organisation, a wrong setting. Lambda tries again,
            and then hands the event to the on-failure destination.
    """
    file = DroppedFile.model_validate(event)
    ids = {"version_id": file.version_id, "etag": file.etag}
    try:
        tenant, name = file.placed(max_bytes=inbox().settings.max_source_bytes)
    except SourceRefusedError as error:
        logger.warning("No job is made of an object in the inbox: %s", error, extra=ids)
        return {}
    try:
        made = _make(_new_job(file, tenant, name, ids))
    except IdempotencyConflictError:
        # INBOX_OBJECT_TYPES was another when it was made.
        logger.info("The job is there already", extra=ids)
        return {}
    return {"job_id": made}


def _new_job(file: DroppedFile, tenant: Tenant, name: str, ids: dict[str, str]) -> NewJob:
    once = hashlib.sha256(f"{file.bucket}\n{file.key}\n{file.version}".encode()).hexdigest()
    return NewJob(
        tenant=tenant,
        source_type="inbox",
        source_id=name[-_LONGEST_SOURCE_ID:],
        source_uri=f"s3://{file.bucket}/{file.key}",
        source_metadata=ids,
        extraction_config=inbox().extraction_config,
        created_by="inbox",
        idempotency_key=f"inbox/{once}",
        trace=tracing.current(),
    )


def _make(new: NewJob) -> str:
    here = inbox()
    if here.settings.database_roles:
        here.database.act_for([new.tenant.org_id])
    made = create_job(new, database=here.database, queue=here.queue, settings=here.settings)
    told = "The job is there already" if made.replayed else "A job was made of a file in the inbox"
    logger.info(told, extra={"job_id": str(made.job.id)})
    return str(made.job.id)
