"""The end of a review: a person approves a result, with corrections or as it is, or rejects it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from psycopg.types.json import Jsonb

from extraction_jobs import reasons
from extraction_jobs.by_hand import NotAllowedError, change
from extraction_jobs.corrections import CorrectedObject, Correction, corrected
from extraction_jobs.database import Database
from extraction_jobs.model import Job, JobId, JobStatus, Tenant
from extraction_jobs.queries import READS
from extraction_jobs.reading import get_job


def approve_job(
    job_id: JobId,
    tenant: Tenant,
    caller: str,
    note: str | None,
    corrections: Sequence[Correction] = (),
    *,
    database: Database,
) -> Job:
    """Ends the review of a job: its result is good, with these corrections, and the job is completed.

    Raises:
        JobNotFoundError: see there.
        NotAllowedError: the job does not require a review.
        CorrectionRefusedError: see there. Then the job still requires its review.
    """
    lease, objects = None, list[CorrectedObject]()
    if corrections:
        lease, objects = _correct(job_id, tenant, caller, corrections, database)
    return _reviewed(
        job_id,
        tenant,
        caller,
        reasons.reviewed(reasons.APPROVED, note),
        JobStatus.COMPLETED,
        database,
        lease=lease,
        objects=objects,
        places=[{"object": str(each.object_id), "property": each.path} for each in corrections],
    )


def reject_job(
    job_id: JobId, tenant: Tenant, caller: str, note: str | None, *, database: Database
) -> Job:
    """Ends the review of a job: its result is no good, the job failed and can be retried. Raises as `cancel_job`."""
    reason = reasons.reviewed(reasons.REJECTED, note)
    return _reviewed(job_id, tenant, caller, reason, JobStatus.FAILED, database)


def _correct(
    job_id: JobId,
    tenant: Tenant,
    caller: str,
    corrections: Sequence[Correction],
    database: Database,
) -> tuple[int, list[CorrectedObject]]:
    """The lease of the result, and its objects as they are corrected."""
    job = get_job(job_id, tenant, database=database)
    if job.status is not JobStatus.REQUIRES_REVIEW:
        raise NotAllowedError(reasons.cannot("approve", job.status))
    rows = database.rows(
        READS["objects_to_correct"],
        {"job_id": job_id, "lease": job.lease, "ids": [each.object_id for each in corrections]},
    )
    # Only who corrects pays for the extractor's import.
    from extraction import requested_object_types

    types = requested_object_types(job.extraction_config.get("object_types"))
    return job.lease, corrected(rows, corrections, types, caller)


def _reviewed(
    job_id: JobId,
    tenant: Tenant,
    caller: str,
    reason: str,
    verdict: JobStatus,
    database: Database,
    *,
    lease: int | None = None,
    objects: Sequence[CorrectedObject] = (),
    places: Sequence[Mapping[str, str]] = (),
) -> Job:
    return change(
        "end_review",
        "approve" if verdict is JobStatus.COMPLETED else "reject",
        job_id,
        tenant,
        caller,
        database,
        reason,
        verdict=verdict,
        lease=lease,
        ordinals=[each.ordinal for each in objects],
        properties=[json.dumps(each.properties) for each in objects],
        evidence=[json.dumps(each.evidence) for each in objects],
        confidences=[each.confidence for each in objects],
        corrections=Jsonb(places) if places else None,
    )
