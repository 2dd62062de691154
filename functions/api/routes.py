"""The calls that read, and name no job. Each reads as a sentence: who asks, call the domain, shape the answer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from api_answers import (
    Health,
    JobList,
    JobOut,
    JobsByTime,
    ObjectTypesOut,
    OrphanList,
    OrphanOut,
    StatisticsOut,
    StretchOut,
)
from cursors import decode_job, encode_job
from extraction_aws.depths import queue_depths
from extraction_jobs import listing, projects, reading
from extraction_jobs.model import JobStatus
from extraction_jobs.reading import Window
from json_values import Text
from pages import fitting
from parameters import (
    COMMON,
    PROBLEM,
    Cursor,
    Limit,
    OrgId,
    ProjectId,
    caller_of,
    tenant_of,
)
from queue_answers import QueuesOut
from resources import resources

router = Router()  # type: ignore[no-untyped-call] # Powertools left its constructor untyped


@router.get(
    "/extraction-jobs",
    summary="List jobs, newest first",
    tags=["Jobs"],
    responses={200: {"description": "A page of jobs"}, **COMMON},
)
def list_jobs(
    org_id: OrgId,
    project_id: ProjectId,
    status: Annotated[
        list[JobStatus] | None, Query(description="Only jobs with this status; can be repeated.")
    ] = None,
    source_type: Annotated[
        Text | None, Query(max_length=50, description="Only jobs of this source type.")
    ] = None,
    stuck: Annotated[
        bool, Query(description="Only running jobs whose heartbeat is over the threshold.")
    ] = False,
    text: Annotated[
        Text | None,
        Query(
            min_length=1,
            max_length=200,
            description="Text in the id, the source's id or address, or the error; case-insensitive. Jobs whose "
            "id or source id is exactly this text come first, however old they are. For the others, a page searches "
            "the newest 5,000 jobs: it may hold few or none and still have a next one.",
        ),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> JobList:
    """Returns a page of the project's jobs that match every filter."""
    page = listing.list_jobs(
        tenant_of(router, org_id, project_id),
        listing.JobFilter(statuses=status or None, source_type=source_type, stuck=stuck, text=text),
        limit,
        after=decode_job(cursor),
        database=resources().database,
        settings=resources().settings,
    )
    jobs = fitting([JobOut.of(job, resources().settings) for job in page.items])
    return JobList(items=jobs, next_cursor=encode_job(page.after_first(len(jobs))))


@router.get(
    "/extraction-jobs/statistics",
    summary="Get figures of the project's jobs",
    tags=["Operate"],
    responses={200: {"description": "The figures"}, **COMMON},
)
def statistics(org_id: OrgId, project_id: ProjectId) -> StatisticsOut:
    """Returns counts by status, ages and throughput; for operators also the last sweep."""
    tenant, operator = tenant_of(router, org_id, project_id), caller_of(router).operator
    database = resources().database
    found = reading.statistics(tenant, database=database, settings=resources().settings)
    sweep = reading.last_sweep(database=database) if operator else None
    pause = projects.read_pause(tenant, database=database)
    return StatisticsOut(**asdict(found), pause=pause, operator=operator, last_sweep=sweep)


@router.get(
    "/extraction-jobs/orphans",
    summary="List orphaned jobs",
    tags=["Operate"],
    responses={200: {"description": "The orphans"}, **COMMON},
)
def orphans(org_id: OrgId, project_id: ProjectId) -> OrphanList:
    """Returns running jobs whose worker seems to be dead, and what the next sweep will do with each."""
    tenant = tenant_of(router, org_id, project_id)
    found = reading.list_orphans(
        tenant,
        100,
        database=resources().database,
        settings=resources().settings,
    )
    return OrphanList(
        items=[OrphanOut.model_validate(row) for row in found],
        threshold_minutes=resources().settings.orphan_threshold_minutes,
        due_messages=reading.count_due_messages(tenant, database=resources().database),
    )


@router.get(
    "/extraction-jobs/object-types",
    summary="List the ready-made sets of object types",
    tags=["Results"],
    responses={200: {"description": "The sets"}, **COMMON},
)
def object_types() -> ObjectTypesOut:
    """Returns the sets that a request may name instead of its own JSON Schemas."""
    from extraction import ready_made_sets

    return ObjectTypesOut.model_validate({"sets": ready_made_sets()})


@router.get(
    "/extraction-jobs/statistics/by-time",
    summary="Count jobs by creation time",
    tags=["Operate"],
    responses={200: {"description": "Counts by status"}, **COMMON},
)
def by_time(
    org_id: OrgId,
    project_id: ProjectId,
    window: Annotated[Window, Query(description="How far back.")] = Window.DAY,
) -> JobsByTime:
    """Returns how many jobs were created in each interval, by their present status."""
    found = reading.jobs_by_time(
        tenant_of(router, org_id, project_id), window, database=resources().database
    )
    return JobsByTime(window=window, items=[StretchOut.model_validate(each) for each in found])


@router.get(
    "/extraction-jobs/queues",
    summary="Count the messages in the queues",
    tags=["Operate"],
    responses={200: {"description": "Message counts"}, **COMMON},
)
def queues(org_id: OrgId, project_id: ProjectId) -> QueuesOut:
    """Returns the number of messages of the whole service, for operators only."""
    tenant_of(router, org_id, project_id)
    caller_of(router).require_operator()
    settings = resources().settings
    found = queue_depths(
        {
            "jobs": settings.jobs_queue_url,
            "dead_letters": settings.dead_letter_queue_url,
            "failed_sweeps": settings.failed_invocations_queue_url,
        }
    )
    return QueuesOut.model_validate(found)


@router.get(
    "/health",
    summary="Check the service and its database",
    tags=["Operate"],
    responses={
        200: {"description": "Both do"},
        503: {"description": "The database cannot be reached", "content": PROBLEM},
    },
)
def health() -> Health:
    """Answers without a token."""
    reading.ping(database=resources().database)
    return Health()
