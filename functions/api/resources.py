"""What the API works with, made at first use and kept while the function is warm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from extraction_aws.deployment import Deployment, deployment
from extraction_aws.postgres import open_database
from extraction_aws.s3 import S3Sources
from extraction_aws.sqs import SqsQueue
from extraction_jobs.database import Database
from extraction_jobs.dispatch import Queue


@dataclass(frozen=True, slots=True)
class Resources:
    """The domain's collaborators."""

    settings: Deployment
    database: Database
    queue: Queue
    sources: S3Sources


@cache
def resources() -> Resources:
    """The one set of this process.

    Raises:
        SettingsError: the environment is wrong.
    """
    settings = deployment()
    database = open_database(settings)
    if settings.database_roles:
        database.act_for(())  # for nobody, until a call says who asks
    return Resources(
        settings=settings,
        database=database,
        queue=SqsQueue(settings.required("jobs_queue_url")),
        sources=S3Sources(settings.source_bucket),
    )
